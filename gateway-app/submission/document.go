package submission

import (
	"fmt"
	"strconv"

	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/regime"
	"github.com/tallystick/tallystick/gateway-app/disclosure"
	"github.com/tallystick/tallystick/gateway-app/report"
)

// What documents call things.
var (
	wordTitle       = report.Words{EN: "Platform disclosure", ZH: "平台信息披露"}
	wordPlatform    = report.Words{EN: "Platform", ZH: "平台"}
	wordPeriod      = report.Words{EN: "Period", ZH: "披露期间"}
	wordClosings    = report.Words{EN: "Closed business days", ZH: "截止营业日"}
	wordRegime      = report.Words{EN: "Rules", ZH: "规则包"}
	wordSource      = report.Words{EN: "Figures of", ZH: "数据提供方"}
	wordStatement   = report.Words{EN: "The platform's statement", ZH: "平台报送数据"}
	wordIndicators  = report.Words{EN: "Indicators", ZH: "披露指标"}
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
	wordVersions    = report.Words{EN: "Versions", ZH: "版本历史"}
	wordVersion     = report.Words{EN: "Version", ZH: "版本"}
	wordState       = report.Words{EN: "State", ZH: "状态"}
	wordReason      = report.Words{EN: "Reason", ZH: "更正原因"}
	wordDigest      = report.Words{EN: "Digest", ZH: "摘要"}
	wordDifferences = report.Words{EN: "Where the platform's statement differs", ZH: "平台报送数据的差异"}
	wordStated      = report.Words{EN: "Stated", ZH: "报送值"}
	wordComputed    = report.Words{EN: "Computed", ZH: "核算值"}
)

// stateWords are what people call states and outcomes.
var stateWords = map[string]report.Words{
	string(Stated): {EN: "stated", ZH: "已公布"}, string(Received): {EN: "received", ZH: "已接收"},
	string(Acknowledged): {EN: "acknowledged", ZH: "已确认"}, string(Rejected): {EN: "rejected", ZH: "已退回"},
	string(Superseded): {EN: "superseded", ZH: "已被取代"},
	Agrees:             {EN: "agrees", ZH: "一致"}, Differs: {EN: "differs", ZH: "不一致"}, NotStated: {EN: "not stated", ZH: "未报送"},
}

// Document is the publication for people, in whatever format.
func (p Publication) Document() report.Document {
	d := p.Disclosure
	document := report.Document{
		ID: "disclosure", Version: 1, Title: wordTitle, Currency: money.CNY, AsOf: d.ClosedOn(),
		Facts: []report.Fact{
			{ID: "platform", Words: wordPlatform, Value: report.Text(d.Platform)},
			{ID: "period", Words: wordPeriod, Value: report.Text(d.Period.String())},
			{ID: "closings", Words: wordClosings, Value: report.Text(closingsText(d))},
			{ID: "regime", Words: wordRegime, Value: report.Text(d.Regime + " " + d.RegimeDigest)},
			{ID: "source", Words: wordSource, Value: report.Text(p.Member)},
		},
		Tables: []report.Table{indicatorTable(d), feeTable(d)},
	}
	if p.Statement != "" {
		document.Facts = append(document.Facts, report.Fact{ID: "statement", Words: wordStatement, Value: report.Said(stateWords[p.Statement])})
	}
	if len(p.Differences) > 0 {
		document.Tables = append(document.Tables, differenceTable(p.Differences))
	}
	if len(p.Versions) > 0 {
		document.Tables = append(document.Tables, versionTable(p.Versions))
	}
	return document
}

func closingsText(d disclosure.Disclosure) string {
	text := ""
	for i, c := range d.Closings {
		if i > 0 {
			text += ", "
		}
		text += fmt.Sprintf("%s %s", c.Custodian, c.On)
	}
	return text
}

// indicatorTable has a column for each unit, because a column counts one thing.
func indicatorTable(d disclosure.Disclosure) report.Table {
	t := report.Table{ID: "indicators", Title: wordIndicators, Columns: []report.Column{
		{ID: "id", Words: wordIndicator, Kind: report.KindText}, {ID: "name", Words: wordIndicator, Kind: report.KindText},
		{ID: "amount_minor", Words: wordMinor, Kind: report.KindMinor}, {ID: "count", Words: wordCount, Kind: report.KindCount},
		{ID: "share_ppm", Words: wordShare, Kind: report.KindPPM}, {ID: "formula_version", Words: wordFormula, Kind: report.KindCount},
		{ID: "source", Words: wordFormulaFrom, Kind: report.KindText},
	}}
	for _, i := range d.Indicators {
		row := []report.Value{
			report.Text(i.ID), report.Said(i.Words), report.None(), report.None(), report.None(),
			report.Count(int64(i.Version)), report.Text(i.Source),
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

func feeTable(d disclosure.Disclosure) report.Table {
	t := report.Table{ID: "fee_standards", Title: wordFees, Columns: []report.Column{
		{ID: "payee", Words: wordPayee, Kind: report.KindText}, {ID: "basis", Words: wordBasis, Kind: report.KindText},
		{ID: "share_ppm", Words: wordShare, Kind: report.KindPPM}, {ID: "flat_minor", Words: wordMinor, Kind: report.KindMinor},
		{ID: "loans", Words: wordLoans, Kind: report.KindCount},
	}}
	for _, f := range d.FeeStandards {
		t.Rows = append(t.Rows, []report.Value{
			report.Text(f.Payee), report.Text(f.Basis), report.PPM(money.PPM(f.PPM)), report.Minor(money.Minor(f.FlatMinor)), report.Count(f.Loans),
		})
	}
	return t
}

func differenceTable(list []disclosure.Difference) report.Table {
	t := report.Table{ID: "differences", Title: wordDifferences, Columns: []report.Column{
		{ID: "id", Words: wordIndicator, Kind: report.KindText}, {ID: "stated", Words: wordStated, Kind: report.KindText},
		{ID: "computed", Words: wordComputed, Kind: report.KindText},
	}}
	for _, d := range list {
		t.Rows = append(t.Rows, []report.Value{report.Text(d.ID), report.Text(d.Stated), report.Text(d.Computed)})
	}
	return t
}

func versionTable(list []Published) report.Table {
	t := report.Table{ID: "versions", Title: wordVersions, Columns: []report.Column{
		{ID: "version", Words: wordVersion, Kind: report.KindText}, {ID: "state", Words: wordState, Kind: report.KindText},
		{ID: "reason", Words: wordReason, Kind: report.KindText}, {ID: "digest", Words: wordDigest, Kind: report.KindText},
	}}
	for _, v := range list {
		t.Rows = append(t.Rows, []report.Value{
			report.Text(strconv.FormatInt(v.Version, 10)), report.Said(stateWords[string(v.State)]), report.Text(v.Reason), report.Text(v.Digest),
		})
	}
	return t
}
