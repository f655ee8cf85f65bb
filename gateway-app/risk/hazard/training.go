package hazard

import (
	"crypto/sha256"
	"errors"
	"fmt"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/gateway-app/risk/evaluation"
	"github.com/tallystick/tallystick/gateway-app/risk/logistic"
)

// The least history that is fitted: fewer observations of either outcome give weights that say nothing.
const (
	LeastObservations = 500
	LeastOverdue      = 50
)

// ErrTooFew says that there is not history enough.
var ErrTooFew = errors.New("not enough history to fit a hazard")

// Report says what a model was fitted on and how well it tells, each figure on loans that the fit it measures has
// not seen.
type Report struct {
	Loans        int                    `json:"loans"`
	Observations int                    `json:"observations"`
	Overdue      int                    `json:"overdue"` // observations that were followed by it
	Through      calendar.Date          `json:"through"`
	Folds        int                    `json:"folds"`
	AUC          float64                `json:"auc"`
	Brier        float64                `json:"brier"`
	Calibration  evaluation.Calibration `json:"calibration"`
	StartAUC     float64                `json:"start_auc"` // of the rule that needs no history, on the same observations
}

const folds = 5

// observedAfter are the days after each due date on which a loan is observed: when nobody knows yet whether the row
// is paid, and twice while it is late.
var observedAfter = []int{0, 10, 20}

// observations are rows of features with what followed.
type observations struct {
	columns [][]float64
	overdue []bool
	fold    []int
	start   []float64 // what the rule without history would have said
}

// Train fits a model on the histories of a platform's loans as they are known through a date. The seed of the folds is
// the loan's name: a loan is in one fold with all its dates.
func Train(histories []History, through calendar.Date) (*Model, Report, error) {
	o := observe(histories, through)
	report := Report{Loans: len(histories), Observations: len(o.overdue), Through: through, Folds: folds}
	for _, overdue := range o.overdue {
		if overdue {
			report.Overdue++
		}
	}
	if report.Observations < LeastObservations || report.Overdue < LeastOverdue {
		return nil, report, fmt.Errorf("%w: %d observations, %d of them overdue; %d and %d are needed",
			ErrTooFew, report.Observations, report.Overdue, LeastObservations, LeastOverdue)
	}
	if err := o.measure(&report); err != nil {
		return nil, report, fmt.Errorf("measure a hazard model: %w", err)
	}
	fit, err := o.fit(func(int) bool { return true })
	if err != nil {
		return nil, report, fmt.Errorf("fit a hazard model: %w", err)
	}
	means := make([]float64, len(o.columns))
	for i, column := range o.columns {
		var sum float64
		for _, value := range column {
			sum += value
		}
		means[i] = sum / float64(len(column))
	}
	m, err := newModel(file{
		Kind: fileKind, Version: fileVersion, LateDays: LateDays, HorizonDays: HorizonDays,
		Features: Names(), Means: means, Intercept: fit.Intercept, Weights: fit.Weights,
	})
	return m, report, err
}

// observe looks at every loan at each due date and shortly after, as long as it owes and is not yet overdue.
func observe(histories []History, through calendar.Date) observations {
	o := observations{columns: make([][]float64, len(features))}
	start := StartOf(histories, through)
	for _, h := range histories {
		fold := int(sha256.Sum256([]byte(h.Loan))[0]) % folds
		for _, r := range h.Rows {
			for _, days := range observedAfter {
				on := r.Due.AddDays(days)
				if on > through || h.OutstandingMinor(on) == 0 || h.PastDueDays(on) > LateDays || days > 0 && r.paidBy(on) {
					continue
				}
				overdue, known := h.Outcome(on, through)
				if !known {
					continue
				}
				for i, value := range h.Features(on) {
					o.columns[i] = append(o.columns[i], value)
				}
				o.overdue, o.fold = append(o.overdue, overdue), append(o.fold, fold)
				o.start = append(o.start, share(start.Answer(h, on).ProbabilityPPM))
			}
		}
	}
	return o
}

// StartOf counts what the rule without history goes by.
func StartOf(histories []History, through calendar.Date) Start {
	var s Start
	for _, h := range histories {
		if h.StartedOn.AddDays(HorizonDays) > through {
			continue
		}
		s.Loans++
		for _, r := range h.Rows {
			if late := r.Due.AddDays(LateDays); late < through && !r.paidBy(late) {
				s.Overdue++
				break
			}
		}
	}
	return s
}

// ridge holds weights back where the outcomes would separate wholly.
const ridge = 1

// fit fits the rows of the folds that are wanted.
func (o observations) fit(wanted func(fold int) bool) (logistic.Fit, error) {
	columns := make([][]float64, len(o.columns))
	var events []bool
	for row, fold := range o.fold {
		if !wanted(fold) {
			continue
		}
		for i := range columns {
			columns[i] = append(columns[i], o.columns[i][row])
		}
		events = append(events, o.overdue[row])
	}
	return logistic.Regress(columns, events, logistic.Options{Ridge: ridge})
}

// measure predicts each fold by a fit on the others.
func (o observations) measure(r *Report) error {
	predicted := make([]float64, len(o.overdue))
	for held := range folds {
		fit, err := o.fit(func(fold int) bool { return fold != held })
		if err != nil {
			return fmt.Errorf("fold %d: %w", held+1, err)
		}
		for row, fold := range o.fold {
			if fold != held {
				continue
			}
			odds := fit.Intercept
			for i := range o.columns {
				odds += float64(fit.Weights[i] * o.columns[i][row])
			}
			predicted[row] = logistic.Probability(odds)
		}
	}
	var err error
	if r.AUC, err = evaluation.AUC(predicted, o.overdue); err != nil {
		return err
	}
	if r.StartAUC, err = evaluation.AUC(o.start, o.overdue); err != nil {
		return err
	}
	if r.Brier, err = evaluation.Brier(predicted, o.overdue); err != nil {
		return err
	}
	r.Calibration, err = evaluation.Calibrate(predicted, o.overdue)
	return err
}
