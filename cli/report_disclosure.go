package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/regime"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/disclosure"
	"github.com/tallystick/tallystick/gateway-app/ledger"
	"github.com/tallystick/tallystick/gateway-app/portfolio"
	"github.com/tallystick/tallystick/gateway-app/report"
)

// discloser executes the ledger and takes a platform's standing at the closes of business days that count.
type discloser struct {
	*execution
	platform string
	period   disclosure.Period
	counts   map[string]calendar.Date // by custodian: the business day whose close counts
	closings map[string]closing       // by custodian
}

// closing is a platform's standing at a close, with the reporting pack that was in force there.
type closing struct {
	standing portfolio.Standing
	at       disclosure.Close
	pack     regime.Pack
}

// discloseFromLedger computes a disclosure without asking anybody for a figure.
func (s *session) discloseFromLedger(ctx context.Context, o reportOrder) error {
	period, err := disclosure.ParsePeriod(*o.asked["period"])
	if err != nil {
		return misused("--period %s is none: write a month such as 2016-01, or a day", *o.asked["period"])
	}
	var computed disclosure.Disclosure
	err = s.within(ctx, func(ctx context.Context, c *ledger.Client) error {
		d := discloser{
			execution: newExecution(c.Profile()), platform: *o.asked["platform"], period: period,
			counts: map[string]calendar.Date{}, closings: map[string]closing{},
		}
		if err := s.walk(ctx, c, d.look); err != nil {
			return err
		}
		if d.closedIn() {
			if err := s.walk(ctx, c, d.block); err != nil {
				return err
			}
		}
		computed, err = d.compute()
		return err
	})
	if err != nil {
		return err
	}
	if o.compare != "" {
		return s.compareDisclosure(o, computed)
	}
	document := computed.Document()
	document.By = "ledger"
	content, err := o.render(document)
	if err != nil {
		return err
	}
	return s.deliver(o, report.Filename(document, report.Format(o.format), report.Language(o.language)), content)
}

// look notes, without executing anything, the last business day that each custodian closed by the end of the period. It
// may lie before the period, on a holiday of the custodian's own: what it keeps is owed all the same.
func (d *discloser) look(block ledger.Block) error {
	return d.eachClose(block, func(day custody.Day) error {
		if day.Date <= d.period.To {
			d.counts[day.Custodian] = day.Date
		}
		return nil
	})
}

// closedIn reports whether any custodian closed a business day of the period itself.
func (d *discloser) closedIn() bool {
	for _, on := range d.counts {
		if d.period.Holds(on) {
			return true
		}
	}
	return false
}

// block executes a block, transaction by transaction, and measures after each that closed a day that counts.
func (d *discloser) block(block ledger.Block) error {
	for _, tx := range block.Transactions {
		alone := ledger.Block{Number: block.Number, Transactions: []ledger.Tx{tx}}
		if err := d.execution.block(alone); err != nil {
			return err
		}
		err := d.eachClose(alone, func(day custody.Day) error {
			if d.counts[day.Custodian] != day.Date {
				return nil
			}
			return d.close(day.Custodian, day.Date, block.Number)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// eachClose visits the business days that a block closes. Days are public.
func (d *discloser) eachClose(block ledger.Block, visit func(custody.Day) error) error {
	for _, change := range block.Changes(d.profile.Chaincode) {
		if change.Collection != "" || !strings.HasPrefix(change.Key, days) {
			continue
		}
		day, err := decode[wire.Record[custody.Day, custody.DayEvent]](change)
		if err != nil {
			return err
		}
		if day.State.Open {
			continue
		}
		if err := visit(day.State); err != nil {
			return err
		}
	}
	return nil
}

// close measures the platform's loans with a custodian as they stand, and looks which reporting pack is in force by what the
// ledger has said so far.
func (d *discloser) close(custodian string, on calendar.Date, block uint64) error {
	collection := wire.PairCollection(d.platform, custodian)
	if _, opened := d.state.latest[place{collection, wire.BooksKey}]; !opened {
		return nil // it keeps no money of the platform's customers
	}
	var positions []portfolio.Position
	for _, at := range d.state.under(loans) {
		if at.collection != collection {
			continue
		}
		view, err := d.state.loanAt(at)
		if err != nil {
			return err
		}
		var lenders []string
		if view.Funding != nil {
			lenders = view.Funding.Lenders()
		}
		p, err := portfolio.PositionOf(view.Record.State, view.Terms, lenders)
		if err != nil {
			return err
		}
		positions = append(positions, p)
	}
	packs, err := d.listedPacks()
	if err != nil {
		return err
	}
	taken := closing{
		standing: portfolio.Measure(positions, d.platform, custodian, on),
		at:       disclosure.Close{Custodian: custodian, On: on, Block: block},
	}
	if pack, inForce := regime.ReportingOn(packs, on); inForce {
		taken.pack, taken.at.Regime = pack, pack.ID
	}
	d.closings[custodian] = taken
	return nil
}

// compute makes the disclosure by the formulas that were in force at the last close.
func (d *discloser) compute() (disclosure.Disclosure, error) {
	var standings []portfolio.Standing
	var closes []disclosure.Close
	within := false
	for _, c := range d.closings {
		standings, closes = append(standings, c.standing), append(closes, c.at)
		within = within || d.period.Holds(c.at.On)
	}
	if !within {
		return disclosure.Disclosure{}, fmt.Errorf("compute the disclosure of %s for %s: no business day of it was closed on the ledger, as far as %s sees: name another period or platform, or ask as a member that holds its loans",
			d.platform, d.period, d.profile.Member)
	}
	last, _ := disclosure.Governing(closes)
	if last.Regime == "" {
		return disclosure.Disclosure{}, fmt.Errorf("compute the disclosure of %s for %s: no reporting pack was in force when %s closed %s, so nothing is disclosed of it: name a later period",
			d.platform, d.period, last.Custodian, last.On)
	}
	return disclosure.Compute(standings, d.period, d.closings[last.Custodian].pack)
}

// listedPacks are the packs that the ledger's root key lists as they were proposed.
func (d *discloser) listedPacks() ([]regime.Pack, error) {
	var root wire.Root
	if change, ok := d.state.latest[place{"", wire.RootRegimes}]; ok {
		var err error
		if root, err = decode[wire.Root](change); err != nil {
			return nil, err
		}
	}
	var packs []regime.Pack
	for _, at := range d.state.under(regimes) {
		pack, err := record[regime.Pack, regime.Event](d.state, at)
		if err != nil {
			return nil, err
		}
		digest, err := wire.PackDigest(pack.State)
		if err != nil {
			return nil, err
		}
		if listed, ok := root.Find(pack.State.ID); ok && listed == digest {
			packs = append(packs, pack.State)
		}
	}
	return packs, nil
}

// render writes a document as the order asks.
func (o *reportOrder) render(d report.Document) ([]byte, error) {
	var fonts *report.Fonts
	if report.Format(o.format) == report.PDF {
		if o.fonts == "" {
			return nil, misused("PDF needs fonts: name their folder with --fonts, or take another --format")
		}
		var err error
		if fonts, err = report.OpenFonts(o.fonts); err != nil {
			return nil, err
		}
	}
	return report.NewRenderer(fonts).Render(d, report.Format(o.format), report.Language(o.language))
}

type comparisonView struct {
	Platform    string                  `json:"platform"`
	Period      string                  `json:"period"`
	Indicators  int                     `json:"indicators"`
	Agrees      bool                    `json:"agrees"`
	Differences []disclosure.Difference `json:"differences"`
}

// compareDisclosure holds what somebody stated against what was computed, and names every difference.
func (s *session) compareDisclosure(o reportOrder, computed disclosure.Disclosure) error {
	text, err := os.ReadFile(o.compare)
	if err != nil {
		return fmt.Errorf("read the stated disclosure: %w", err)
	}
	stated, err := readStated(text, computed)
	if err != nil {
		return fmt.Errorf("read the stated disclosure %s: %w", o.compare, err)
	}
	view := comparisonView{
		Platform: computed.Platform, Period: computed.Period.String(), Indicators: len(computed.Indicators),
		Differences: disclosure.Compare(stated, computed),
	}
	view.Agrees = len(view.Differences) == 0
	if view.Agrees {
		return s.print(view, facts("the stated disclosure is what the ledger says",
			"platform", view.Platform, "period", view.Period, "indicators compared", fmt.Sprint(view.Indicators)))
	}
	t := sheet{title: "the stated disclosure is not what the ledger says", columns: []string{"in", "what", "stated", "computed"}, numbers: []string{"stated", "computed"}}
	named := make([]string, len(view.Differences))
	for i, d := range view.Differences {
		t.add(d.In, d.ID, d.Stated, d.Computed)
		named[i] = d.ID
	}
	if err := s.print(view, t); err != nil {
		return err
	}
	return unverified("the disclosure of %s for %s differs in %s", view.Platform, view.Period, strings.Join(named, ", "))
}

// readStated reads a disclosure in any of the forms in which it is given away: the canonical text that was anchored, the
// publication that an app serves to everybody, or the report in JSON.
func readStated(text []byte, computed disclosure.Disclosure) (disclosure.Disclosure, error) {
	stated, err := disclosure.Parse(text)
	if err == nil {
		return stated, nil
	}
	var publication struct {
		Disclosure json.RawMessage `json:"disclosure"`
	}
	if json.Unmarshal(text, &publication) == nil && len(publication.Disclosure) > 0 {
		if err := json.Unmarshal(publication.Disclosure, &stated); err != nil {
			return stated, fmt.Errorf("%w: %w", disclosure.ErrForm, err)
		}
		return stated, nil
	}
	if told, toldErr := disclosure.Told(text, computed); toldErr == nil {
		return told, nil
	}
	if errors.Is(err, disclosure.ErrForm) {
		return stated, disclosure.ErrForm
	}
	return stated, err
}
