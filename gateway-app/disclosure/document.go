package disclosure

import (
	"strings"

	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/regime"
	"github.com/tallystick/tallystick/gateway-app/report"
	"github.com/tallystick/tallystick/gateway-app/report/wording"
)

// What documents call things.
var (
	wordTitle       = report.Words{EN: "Platform disclosure", ZH: "平台信息披露"}
	wordPlatform    = report.Words{EN: "Platform", ZH: "平台"}
	wordPeriod      = report.Words{EN: "Period", ZH: "披露期间"}
	wordClosings    = report.Words{EN: "Closed business days", ZH: "截止营业日"}
	wordRegime      = report.Words{EN: "Rules", ZH: "规则包"}
	wordIndicators  = report.Words{EN: "Indicators", ZH: "披露指标"}
	wordID          = report.Words{EN: "Id", ZH: "标识"}
	wordIndicator   = report.Words{EN: "Indicator", ZH: "指标"}
	wordMinor       = report.Words{EN: "Amount", ZH: "金额"}
	wordCount       = report.Words{EN: "Number", ZH: "数量"}
	wordShare       = report.Words{EN: "Share", ZH: "比率"}
	wordFormula     = report.Words{EN: "Formula version", ZH: "公式版本"}
	wordFormulaFrom = report.Words{EN: "Source", ZH: "依据"}
	wordFees        = report.Words{EN: "Fee standards", ZH: "收费标准"}
	wordPayee       = report.Words{EN: "Paid to", ZH: "收费方"}
	wordBasis       = report.Words{EN: "Reckoned on", ZH: "计费基础"}
	wordLoans       = report.Words{EN: "Loans", ZH: "借款笔数"}
)

// Document is the disclosure as a report, for people and in every format. Whoever publishes it adds facts of its own.
func (d Disclosure) Document() report.Document {
	return report.Document{
		ID: "disclosure", Version: 2, Title: wordTitle, Currency: money.CNY, AsOf: d.ClosedOn(),
		Of: []string{d.Platform}, Span: d.Period.String(),
		Facts: []report.Fact{
			{ID: "platform", Words: wordPlatform, Value: report.Text(d.Platform)},
			{ID: "period", Words: wordPeriod, Value: report.Text(d.Period.String())},
			{ID: "closings", Words: wordClosings, Value: report.Text(closings(d))},
			{ID: "regime", Words: wordRegime, Value: report.Text(d.Regime + " " + d.RegimeDigest)},
		},
		Tables: []report.Table{indicatorTable(d), feeTable(d)},
		Notes:  failures(d),
	}
}

// failures are the notes on figures that their formulas do not give.
func failures(d Disclosure) []report.Words {
	var notes []report.Words
	for _, i := range d.Indicators {
		switch i.Failure {
		case DoesNotCompile:
			notes = append(notes, report.Words{
				EN: "There is no figure for " + i.ID + ": the formula of the reporting pack does not compile.", ZH: "指标 " + i.ID + " 无数值：规则包中的公式无法编译。",
			})
		case DoesNotEvaluate:
			notes = append(notes, report.Words{
				EN: "There is no figure for " + i.ID + ": the formula cannot be evaluated (division by zero, or a number too large).",
				ZH: "指标 " + i.ID + " 无数值：公式无法求值（除数为零或数值溢出）。",
			})
		}
	}
	return notes
}

// indicatorTable has a column for each unit, because a column counts one thing.
func indicatorTable(d Disclosure) report.Table {
	t := report.Table{ID: "indicators", Title: wordIndicators, Columns: []report.Column{
		{ID: "id", Words: wordID, Kind: report.KindText},
		{ID: "name", Words: wordIndicator, Kind: report.KindText},
		{ID: "amount_minor", Words: wordMinor, Kind: report.KindMinor},
		{ID: "count", Words: wordCount, Kind: report.KindCount},
		{ID: "share_ppm", Words: wordShare, Kind: report.KindPPM},
		{ID: "formula_version", Words: wordFormula, Kind: report.KindCount},
		{ID: "source", Words: wordFormulaFrom, Kind: report.KindText},
	}}
	for _, i := range d.Indicators {
		row := []report.Value{
			report.Text(i.ID), report.Said(i.Words), report.None(), report.None(), report.None(),
			report.Count(int64(i.Version)), sourceValue(i.Source),
		}
		if i.Value != nil {
			switch i.Unit {
			case regime.UnitMinor:
				row[2] = report.Minor(money.Minor(*i.Value))
			case regime.UnitCount:
				row[3] = report.Count(*i.Value)
			case regime.UnitPPM:
				row[4] = report.PPM(money.PPM(*i.Value))
			}
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// sourceValue is where a formula comes from, for people.
func sourceValue(source string) report.Value {
	words := regime.SourceWords(source)
	if words.EN == words.ZH {
		return report.Text(source)
	}
	return report.Said(words)
}

func feeTable(d Disclosure) report.Table {
	t := report.Table{ID: "fee_standards", Title: wordFees, Columns: []report.Column{
		{ID: "payee", Words: wordPayee, Kind: report.KindText, Coded: true},
		{ID: "basis", Words: wordBasis, Kind: report.KindText, Coded: true},
		{ID: "share_ppm", Words: wordShare, Kind: report.KindPPM},
		{ID: "flat_minor", Words: wordMinor, Kind: report.KindMinor},
		{ID: "loans", Words: wordLoans, Kind: report.KindCount},
	}}
	for _, f := range d.FeeStandards {
		t.Rows = append(t.Rows, []report.Value{
			wording.Payee(f.Payee), wording.Basis(f.Basis), report.PPM(money.PPM(f.PPM)), report.Minor(money.Minor(f.FlatMinor)), report.Count(f.Loans),
		})
	}
	return t
}

// Told reads what a report in JSON, made by Document, says: whoever was given the report and not the disclosure can hold
// it against one that they computed. Of a figure that is null it cannot tell the unit, which it takes from the
// computed one.
func Told(text []byte, computed Disclosure) (Disclosure, error) {
	r, err := readReport(text)
	if err != nil {
		return Disclosure{}, err
	}
	d := Disclosure{Version: formVersion, Platform: r.fact("platform"), FeeStandards: []FeeStandard{}}
	if d.Period, err = ParsePeriod(r.fact("period")); err != nil {
		return Disclosure{}, err
	}
	d.Regime, d.RegimeDigest, _ = strings.Cut(r.fact("regime"), " ")
	if d.Closings, err = readClosings(r.fact("closings")); err != nil {
		return Disclosure{}, err
	}
	for _, row := range r.rows("indicators") {
		i, err := row.indicator(computed)
		if err != nil {
			return Disclosure{}, err
		}
		d.Indicators = append(d.Indicators, i)
	}
	for _, row := range r.rows("fee_standards") {
		f, err := row.fee()
		if err != nil {
			return Disclosure{}, err
		}
		d.FeeStandards = append(d.FeeStandards, f)
	}
	return d, nil
}
