package submission

import (
	"context"
	"time"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/gateway-app/disclosure"
)

// Published is a version of a disclosure as anybody may see it.
type Published struct {
	Version int64     `json:"version"`
	Digest  string    `json:"digest,omitempty" doc:"SHA-256 of the canonical text, which is anchored on the ledger"`
	Reason  string    `json:"reason,omitempty" doc:"Why it was corrected: a code"`
	At      time.Time `json:"at" doc:"When it was stated, or received by the regulator"`
	State   State     `json:"state"`
	Judged  State     `json:"judged,omitempty" doc:"What the regulator said of it"`
}

// Whether a platform's last statement is what the regulator computes.
const (
	Agrees    = "agrees"
	Differs   = "differs"
	NotStated = "not_stated"
)

// Publication is what a member makes public of a platform for a period: at the platform what it stated last, at the
// regulator what it computed of its own read model, and whether the platform's statement is the same.
type Publication struct {
	Member      string                  `json:"member" doc:"Whose figures these are"`
	Computed    bool                    `json:"computed" doc:"By the regulator, of its own read model; false: stated by the platform"`
	Disclosure  disclosure.Disclosure   `json:"disclosure"`
	Statement   string                  `json:"statement,omitempty" doc:"At the regulator: whether the platform's statement agrees, differs or was not made"`
	Differences []disclosure.Difference `json:"differences,omitempty" doc:"At the regulator: where the platform's statement is another"`
	Versions    []Published             `json:"versions" doc:"The platform's statements, the first first"`
	Unknown     int                     `json:"unknown_indicators,omitempty" doc:"In public: how many figures were stated that no formula makes"`
	Withheld    string                  `json:"withheld,omitempty" enum:"few_borrowers" doc:"In public: why figures are shown to nobody outside"`
	Least       int64                   `json:"least_borrowers,omitempty" doc:"How many borrowers owe a platform whose figures everybody may see"`

	// Shown is the disclosure by the words of its pack, and without what no formula makes, for pages and files.
	Shown disclosure.Disclosure `json:"-"`
}

// Shelf are the disclosures of one platform that are public here, by period.
type Shelf struct {
	Platform string
	Periods  []string // the latest first
}

// published are the versions of a disclosure.
func (a *archive) published(ctx context.Context, platform, period string) ([]Published, error) {
	list, err := a.query(ctx, `WHERE platform = $1 AND kind = $2 AND period = $3 ORDER BY version`, platform, Disclosure, period)
	versions := make([]Published, len(list))
	for i, r := range list {
		versions[i] = Published{r.Version, r.Digest, r.Reason, r.MadeAt, r.State, r.Judged}
	}
	return versions, err
}

// Shelves lists what the platform has published, of what is over.
func (p *Platform) Shelves(ctx context.Context) ([]Shelf, error) {
	shelf, err := p.shelf(ctx, p.ledger, p.settings.Member)
	return []Shelf{shelf}, err
}

// Publication is what the platform stated last for a period.
func (p *Platform) Publication(ctx context.Context, platform, period string) (Publication, error) {
	latest, err := p.Last(ctx, platform, Disclosure, period)
	if err != nil {
		return Publication{}, err
	}
	if latest.Version == 0 {
		return Publication{}, fault.In(fault.NotFound, "period")
	}
	_, content, err := p.Content(ctx, latest.Name)
	if err != nil {
		return Publication{}, err
	}
	found := Publication{Member: p.settings.Member}
	if found.Disclosure, err = disclosure.Parse(content); err != nil {
		return Publication{}, err
	}
	found.Versions, err = p.published(ctx, platform, period)
	return found, err
}

// Shelves lists the platforms with what each has stated, of what is over.
func (r *Regulator) Shelves(ctx context.Context) ([]Shelf, error) {
	var shelves []Shelf
	for _, platform := range r.ledger.platforms() {
		shelf, err := r.shelf(ctx, r.ledger, platform)
		if err != nil {
			return nil, err
		}
		shelves = append(shelves, shelf)
	}
	return shelves, nil
}

// Publication is what the regulator computes for a period, beside what the platform stated last.
func (r *Regulator) Publication(ctx context.Context, platform, period string) (Publication, error) {
	parsed, err := disclosure.ParsePeriod(period)
	if err != nil {
		return Publication{}, err
	}
	closings, err := r.ledger.LastClosings(ctx, platform, parsed)
	if err != nil {
		return Publication{}, err
	}
	if len(closings) == 0 {
		return Publication{}, fault.In(fault.NotFound, "period")
	}
	pack, err := GoverningPack(ctx, r.ledger.books, closings)
	if err != nil {
		return Publication{}, err
	}
	found := Publication{Member: r.settings.Member, Computed: true, Statement: NotStated}
	if found.Disclosure, err = r.figures.compute(closings, parsed, pack); err != nil {
		return Publication{}, err
	}
	if found.Versions, err = r.published(ctx, platform, parsed.String()); err != nil || len(found.Versions) == 0 {
		return found, err
	}
	return r.compared(ctx, found, Name{platform, Disclosure, parsed.String(), found.Versions[len(found.Versions)-1].Version})
}

// compared says whether a version of the platform's is what was computed.
func (r *Regulator) compared(ctx context.Context, computed Publication, n Name) (Publication, error) {
	_, content, err := r.Content(ctx, n)
	if err != nil {
		return Publication{}, err
	}
	stated, err := disclosure.Parse(content)
	if err != nil {
		return Publication{}, err
	}
	computed.Differences = disclosure.Compare(stated, computed.Disclosure)
	computed.Statement = Agrees
	if len(computed.Differences) > 0 {
		computed.Statement = Differs
	}
	return computed, nil
}
