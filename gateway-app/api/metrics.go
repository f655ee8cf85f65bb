package api

import (
	"context"
	"math"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Gauge is a figure that is read when somebody asks for the metrics.
type Gauge struct {
	Name  string // "outbox_unfinished"
	Help  string
	Value func(ctx context.Context) (float64, error)

	Confidential bool // only for who may know of alerts
}

// longestGauge bounds how long a figure may take to read.
const longestGauge = 2 * time.Second

// metrics are kept in registries of the server's own, so that two servers in one process count apart, and in one for each
// circle of readers. Customers reach the listener; whoever watches the process signs in, and may know that something
// confidential was asked, but not what; whoever may know of alerts sees it by its names. What is looked at must not be
// learnt from a figure.
type metrics struct {
	open    *counters // for everybody
	watched *counters // for who watches the process: what is confidential, under one name
	closed  *counters // for who may know of alerts
}

// counters are a registry with what is counted of requests.
type counters struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
}

func newCounters() *counters {
	c := &counters{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tallystick_http_requests_total", Help: "Requests answered, by operation and status.",
		}, []string{"operation", "status"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "tallystick_http_request_seconds", Help: "Time from a request to the end of its answer.",
			Buckets: []float64{.001, .005, .02, .1, .5, 1, 2, 5, 10, 30},
		}, []string{"operation"}),
	}
	c.registry.MustRegister(c.requests, c.seconds)
	return c
}

func newMetrics(gauges []Gauge) *metrics {
	m := &metrics{open: newCounters(), watched: newCounters(), closed: newCounters()}
	m.open.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	for _, gauge := range gauges {
		circle := m.open
		if gauge.Confidential {
			circle = m.closed
		}
		circle.registry.MustRegister(newMeasured(gauge))
	}
	return m
}

func (m *metrics) count(operation string, status int, took time.Duration) {
	if !confidential(operation) {
		m.open.add(operation, status, took)
		return
	}
	m.watched.add(confidentialLabel, status, took)
	m.closed.add(operation, status, took)
}

func (c *counters) add(operation string, status int, took time.Duration) {
	c.requests.WithLabelValues(operation, strconv.Itoa(status)).Inc()
	c.seconds.WithLabelValues(operation).Observe(took.Seconds())
}

// handler serves what anybody may know.
func (m *metrics) handler() http.Handler { return serveMetrics(m.open.registry) }

func serveMetrics(from prometheus.Gatherer) http.Handler {
	return promhttp.HandlerFor(from, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError})
}

// registerMetrics adds the metrics for who has signed in, and apart from them those of alerts.
func (s *Server) registerMetrics() {
	s.registerMetricsOf("metrics.read", "/v1/metrics",
		"Read the metrics of /metrics and how much was asked that is confidential, under one name", s.metrics.open, s.metrics.watched)
	if s.parts.Alerts != nil {
		s.registerMetricsOf("alert.metrics", "/v1/metrics/alerts",
			"Read what is counted of alerts and of the operations about them, for who may know of alerts", s.metrics.closed)
	}
}

func (s *Server) registerMetricsOf(id, path, summary string, circles ...*counters) {
	var all prometheus.Gatherers
	for _, c := range circles {
		all = append(all, c.registry)
	}
	served := serveMetrics(all)
	register(s, operation{
		id: id, method: http.MethodGet, path: path, tag: "Health", summary: summary,
		answers: map[string]*huma.MediaType{"text/plain": {Schema: &huma.Schema{Type: huma.TypeString}}},
	}, func(context.Context, *struct{}) (*contentOutput, error) {
		return &contentOutput{Body: func(answer huma.Context) {
			r, w := humachi.Unwrap(answer)
			served.ServeHTTP(w, r)
		}}, nil
	})
}

// measured is a gauge as a collector. What watches a figure must not lose it when it matters: one that cannot be read
// now is given as it was last, or as infinite before it ever was, and its age is given beside it.
type measured struct {
	gauge            Gauge
	description, age *prometheus.Desc

	mu    sync.Mutex
	value float64
	read  time.Time // when it could be read last
}

func newMeasured(gauge Gauge) *measured {
	const age = "Seconds since the figure could be read last; 0: just now."
	return &measured{
		gauge: gauge, value: math.Inf(1), read: time.Now(),
		description: prometheus.NewDesc("tallystick_"+gauge.Name, gauge.Help, nil, nil),
		age:         prometheus.NewDesc("tallystick_gauge_age_seconds", age, nil, prometheus.Labels{"gauge": gauge.Name}),
	}
}

// Describe names the gauge and its age.
func (g *measured) Describe(descriptions chan<- *prometheus.Desc) {
	descriptions <- g.description
	descriptions <- g.age
}

// Collect reads the gauge.
func (g *measured) Collect(values chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), longestGauge)
	defer cancel()
	value, err := g.gauge.Value(ctx)
	g.mu.Lock()
	defer g.mu.Unlock()
	age := 0.0
	if err == nil {
		g.value, g.read = value, time.Now()
	} else {
		age = max(time.Since(g.read).Seconds(), 1e-3) // above zero, whenever it failed
	}
	values <- prometheus.MustNewConstMetric(g.description, prometheus.GaugeValue, g.value)
	values <- prometheus.MustNewConstMetric(g.age, prometheus.GaugeValue, age)
}
