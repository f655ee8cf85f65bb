package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
)

// result is all that a run measured.
type result struct {
	options
	machine    machine
	platforms  int
	crowd      int
	idle       idle
	plain      side
	repayments side
	verified   int     // receipts that were found on the ledger at the end
	peaks      []int64 // bytes, a node
}

// summary is the last line: what programs read.
type summary struct {
	PlainTPS         float64 `json:"plain_tps"`
	PlainP50MS       float64 `json:"plain_p50_ms"`
	PlainP99MS       float64 `json:"plain_p99_ms"`
	PlainUnderWay    int     `json:"plain_under_way"`
	RepaymentsPerS   float64 `json:"repayments_per_s"`
	BatchP50MS       float64 `json:"batch_p50_ms"`
	BatchP99MS       float64 `json:"batch_p99_ms"`
	BatchSize        int     `json:"batch_size"`
	BatchesUnderWay  int     `json:"batches_under_way"`
	LendersPerLoan   int     `json:"lenders_per_loan"`
	Ratio            float64 `json:"ratio"`
	IdleP50MS        float64 `json:"idle_p50_ms"`
	PlainIdleP50MS   float64 `json:"plain_idle_p50_ms"`
	IdleRatio        float64 `json:"idle_ratio"`
	Rounds           int     `json:"rounds"`
	ReceiptsVerified int     `json:"receipts_verified"`
	Cores            int     `json:"cores"`
	OthersCPUPercent float64 `json:"others_cpu_percent"`
	PlainCPUMS       float64 `json:"plain_cpu_ms"`
	RepaymentCPUMS   float64 `json:"repayment_cpu_ms"`
}

func (r *result) summary() summary {
	plain, batches := latencies(r.plain.phases), latencies(r.repayments.phases)
	s := summary{
		PlainTPS: median(rates(r.plain.phases)), PlainUnderWay: r.crowd,
		PlainP50MS: ms(quantile(plain, 50)), PlainP99MS: ms(quantile(plain, 99)),
		RepaymentsPerS: median(rates(r.repayments.phases)), BatchSize: r.batch,
		BatchP50MS: ms(quantile(batches, 50)), BatchP99MS: ms(quantile(batches, 99)),
		BatchesUnderWay: r.platforms * r.lanes, LendersPerLoan: lendersEach,
		IdleP50MS: ms(quantile(r.idle.propose, 50)), PlainIdleP50MS: ms(quantile(r.idle.create, 50)),
		Rounds: r.rounds, ReceiptsVerified: r.verified, Cores: r.machine.cores,
		PlainCPUMS: r.plain.cpuEach(), RepaymentCPUMS: r.repayments.cpuEach(),
	}
	s.Ratio, s.IdleRatio = s.RepaymentsPerS/s.PlainTPS, s.IdleP50MS/s.PlainIdleP50MS
	others := r.plain.used.others() + r.repayments.used.others()
	time := r.plain.time() + r.repayments.time()
	s.OthersCPUPercent = 100 * others.Seconds() / time.Seconds() / float64(r.machine.cores)
	return s.rounded()
}

// cpuEach is the CPU time that all nodes and the client together used for one item, in milliseconds. It
// says what the machine could do if nothing else ran on it and no core ever waited.
func (s side) cpuEach() float64 {
	items := 0
	for _, p := range s.phases {
		items += p.tally.count
	}
	return ms(s.used.ours()) / float64(items)
}

// rounded keeps no digits that the measurement does not carry.
func (s summary) rounded() summary {
	for _, figure := range []*float64{
		&s.PlainTPS, &s.PlainP50MS, &s.PlainP99MS, &s.RepaymentsPerS, &s.BatchP50MS, &s.BatchP99MS, &s.Ratio,
		&s.IdleP50MS, &s.PlainIdleP50MS, &s.OthersCPUPercent,
	} {
		*figure = math.Round(*figure*10) / 10
	}
	for _, figure := range []*float64{&s.IdleRatio, &s.PlainCPUMS, &s.RepaymentCPUMS} {
		*figure = math.Round(*figure*100) / 100
	}
	return s
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// print shows the figures to people, and as the last line to programs.
func (r *result) print(w io.Writer) error {
	s := r.summary()
	fmt.Fprintln(w, r.figures(s).Render())
	fmt.Fprintln(w, r.nodes().Render())
	line, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("write the summary: %w", err)
	}
	_, err = fmt.Fprintln(w, string(line))
	return err
}

func (r *result) figures(s summary) table.Writer {
	t := table.NewWriter()
	t.SetStyle(table.StyleRounded)
	t.SetTitle(fmt.Sprintf("Measured on %d cores, %d rounds", s.Cores, s.Rounds))
	t.AppendHeader(table.Row{"", "a second", "p50", "p99", "CPU each"})
	t.AppendRows([]table.Row{
		{fmt.Sprintf("Plain contract, %d under way", s.PlainUnderWay), perSecond(s.PlainTPS), millis(s.PlainP50MS), millis(s.PlainP99MS), exact(s.PlainCPUMS)},
		{fmt.Sprintf("Repayments, %d × %d under way", s.BatchesUnderWay, s.BatchSize), perSecond(s.RepaymentsPerS), millis(s.BatchP50MS), millis(s.BatchP99MS), exact(s.RepaymentCPUMS)},
		{"Repayments for each plain transaction", fmt.Sprintf("%.1f", s.Ratio), "", "", ""},
		{"Idle: one loan proposed", "", millis(s.IdleP50MS), millis(ms(quantile(r.idle.propose, 99))), ""},
		{"Idle: one plain asset created", "", millis(s.PlainIdleP50MS), millis(ms(quantile(r.idle.create, 99))), ""},
		{"Receipts read back and right", s.ReceiptsVerified, "", "", ""},
		{"CPU taken by anything else", "", "", "", perCent(s.OthersCPUPercent)},
	})
	return t
}

func perSecond(rate float64) string { return fmt.Sprintf("%.0f", rate) }
func millis(length float64) string  { return fmt.Sprintf("%.0f ms", length) }
func exact(length float64) string   { return fmt.Sprintf("%.2f ms", length) }
func perCent(part float64) string   { return fmt.Sprintf("%.0f %%", part) }

// nodes shows what each process used in all phases of a kind, and the most memory that it held.
func (r *result) nodes() table.Writer {
	t := table.NewWriter()
	t.SetStyle(table.StyleRounded)
	t.SetTitle(fmt.Sprintf("CPU seconds in %.0f s of plain transactions and %.0f s of repayments, and memory",
		r.plain.time().Seconds(), r.repayments.time().Seconds()))
	t.AppendHeader(table.Row{"node", "plain", "repayments", "peak memory"})
	for i, n := range r.machine.nodes {
		t.AppendRow(table.Row{
			n.Name, seconds(r.plain.used.byNode[i]), seconds(r.repayments.used.byNode[i]), fmt.Sprintf("%d MB", r.peaks[i]>>20),
		})
	}
	return t
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) }
