package evaluation

import (
	"errors"
	"fmt"
	"math"
	"runtime"
	"strings"
	"sync"

	"github.com/tallystick/tallystick/gateway-app/risk/dataset"
)

// Model tells a record's probability of a bad outcome.
type Model interface {
	Probability(record dataset.Record) float64
}

// Trainer makes a model of some rows of a table. It must read no other row, and be safe to call side by side.
type Trainer func(t *dataset.Table, rows []int) (Model, error)

// Fold is what one held-out fold said.
type Fold struct {
	Repeat int     `json:"repeat"`
	Fold   int     `json:"fold"`
	Rows   int     `json:"rows"`
	Bad    int     `json:"bad"`
	AUC    float64 `json:"auc"`
	KS     float64 `json:"ks"`
	Brier  float64 `json:"brier"`
}

// Report is a cross-validation: the plan that repeats it, every fold, their means, and the measures of the
// first repeat's held-out rows put together. There the threshold refuses the share of rows that are bad. HeldOut
// is the probability of every row of the table by the first repeat's model that was not trained on it.
type Report struct {
	Name         string       `json:"name"`
	Schema       string       `json:"schema"`
	Plan         dataset.Plan `json:"plan"`
	Folds        []Fold       `json:"folds"`
	AUC          float64      `json:"auc"`
	AUCDeviation float64      `json:"auc_deviation"` // standard deviation over folds
	KS           float64      `json:"ks"`
	Brier        float64      `json:"brier"`
	Pooled       Measures     `json:"pooled"`
	HeldOut      []float64    `json:"-"`
}

// CrossValidate trains on all but one fold and measures on that one, for every fold of the plan.
func CrossValidate(name string, t *dataset.Table, train Trainer, plan dataset.Plan) (Report, error) {
	if t.Bad() == nil {
		return Report{}, errors.New("cross-validate: the figures have no outcomes; add the target column")
	}
	splits, err := plan.Splits(t.Bad())
	if err != nil {
		return Report{}, fmt.Errorf("cross-validate: %w", err)
	}
	held, err := heldOut(t, train, splits)
	if err != nil {
		return Report{}, fmt.Errorf("cross-validate %s: %w", name, err)
	}
	report := Report{Name: name, Schema: t.Schema().Name, Plan: plan, HeldOut: make([]float64, t.Rows())}
	for i, s := range splits {
		fold, err := measureFold(s, held[i], t.Bad())
		if err != nil {
			return Report{}, fmt.Errorf("cross-validate %s: %w", name, err)
		}
		report.Folds = append(report.Folds, fold)
		for at, row := range s.Test {
			if s.Repeat == 0 {
				report.HeldOut[row] = held[i][at]
			}
		}
	}
	report.average()
	return report, report.pool(t.Bad())
}

// heldOut trains folds side by side and keeps each one's probabilities at its own place.
func heldOut(t *dataset.Table, train Trainer, splits []dataset.Split) ([][]float64, error) {
	held, errs := make([][]float64, len(splits)), make([]error, len(splits))
	var group sync.WaitGroup
	next := make(chan int)
	for range min(runtime.GOMAXPROCS(0), len(splits)) {
		group.Go(func() {
			for i := range next {
				held[i], errs[i] = holdOut(t, train, splits[i])
			}
		})
	}
	for i := range splits {
		next <- i
	}
	close(next)
	group.Wait()
	return held, errors.Join(errs...)
}

func holdOut(t *dataset.Table, train Trainer, s dataset.Split) ([]float64, error) {
	model, err := train(t, s.Train)
	if err != nil {
		return nil, fmt.Errorf("repeat %d, fold %d: %w", s.Repeat, s.Fold, err)
	}
	return Probabilities(model, t, s.Test), nil
}

// Probabilities asks a model about rows of a table.
func Probabilities(model Model, t *dataset.Table, rows []int) []float64 {
	probabilities, record := make([]float64, len(rows)), make(dataset.Record, len(t.Fields()))
	for i, row := range rows {
		t.Read(row, record)
		probabilities[i] = model.Probability(record)
	}
	return probabilities
}

// Outcomes picks rows' outcomes.
func Outcomes(bad []bool, rows []int) []bool {
	picked := make([]bool, len(rows))
	for i, row := range rows {
		picked[i] = bad[row]
	}
	return picked
}

func measureFold(s dataset.Split, probabilities []float64, all []bool) (Fold, error) {
	bad := Outcomes(all, s.Test)
	r, err := rank(probabilities, bad)
	if err != nil {
		return Fold{}, fmt.Errorf("repeat %d, fold %d: %w", s.Repeat, s.Fold, err)
	}
	brier, _ := squares(probabilities, bad)
	return Fold{
		Repeat: s.Repeat, Fold: s.Fold, Rows: len(bad), Bad: int(r.bad), AUC: r.auc(), KS: r.ks(), Brier: brier,
	}, nil
}

func (r *Report) average() {
	n := float64(len(r.Folds))
	for _, f := range r.Folds {
		r.AUC += f.AUC / n
		r.KS += f.KS / n
		r.Brier += f.Brier / n
	}
	for _, f := range r.Folds {
		r.AUCDeviation += float64((f.AUC-r.AUC)*(f.AUC-r.AUC)) / (n - 1)
	}
	r.AUCDeviation = math.Sqrt(r.AUCDeviation)
}

func (r *Report) pool(bad []bool) error {
	count := 0
	for _, is := range bad {
		if is {
			count++
		}
	}
	threshold, err := ThresholdFor(r.HeldOut, share(count, len(bad)))
	if err != nil {
		return err
	}
	r.Pooled, err = Measure(r.HeldOut, bad, threshold)
	return err
}

// String is the report as a terminal shows it.
func (r Report) String() string {
	var b strings.Builder
	p := r.Pooled
	fmt.Fprintf(&b, "%s on %s: %d rows, %d bad; %d folds, %d repeats, seed %d\n",
		r.Name, r.Schema, p.Rows, p.Bad, r.Plan.Folds, r.Plan.Repeats, r.Plan.Seed)
	for from := 0; from < len(r.Folds); from += r.Plan.Folds {
		fmt.Fprintf(&b, "  repeat %d  AUC", r.Folds[from].Repeat)
		for _, f := range r.Folds[from : from+r.Plan.Folds] {
			fmt.Fprintf(&b, " %.4f", f.AUC)
		}
		b.WriteByte('\n')
	}
	fmt.Fprintf(&b, "  AUC %.4f (sd %.4f)  Gini %.4f  KS %.4f  Brier %.4f\n",
		r.AUC, r.AUCDeviation, Gini(r.AUC), r.KS, r.Brier)
	fmt.Fprintf(&b, "  refusing from %.4f on: accuracy %.4f, approved %.4f, of these bad %.4f\n",
		p.Operating.Threshold, p.Accuracy, p.Operating.ApprovalRate(), p.Operating.BadRate())
	fmt.Fprintf(&b, "  calibration slope %.3f, intercept %.3f\n", p.Calibration.Slope, p.Calibration.Intercept)
	return b.String()
}
