package api

import (
	"context"
	"math"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Gauge is a figure that is read when somebody asks for the metrics.
type Gauge struct {
	Name  string // "outbox_unfinished"
	Help  string
	Value func(ctx context.Context) (float64, error)
}

// longestGauge bounds how long a figure may take to read.
const longestGauge = 2 * time.Second

// metrics are kept in a registry of the server's own, so that two servers in one process count apart.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
}

func newMetrics(gauges []Gauge) *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tallystick_http_requests_total", Help: "Requests answered, by operation and status.",
		}, []string{"operation", "status"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "tallystick_http_request_seconds", Help: "Time from a request to the end of its answer.",
			Buckets: []float64{.001, .005, .02, .1, .5, 1, 2, 5, 10, 30},
		}, []string{"operation"}),
	}
	m.registry.MustRegister(m.requests, m.seconds, collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	for _, gauge := range gauges {
		m.registry.MustRegister(newMeasured(gauge))
	}
	return m
}

func (m *metrics) count(operation string, status int, took time.Duration) {
	m.requests.WithLabelValues(operation, strconv.Itoa(status)).Inc()
	m.seconds.WithLabelValues(operation).Observe(took.Seconds())
}

// handler serves the metrics.
func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError})
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
