package submission

import (
	"fmt"
	"strconv"

	"github.com/tallystick/tallystick/gateway-app/disclosure"
	"github.com/tallystick/tallystick/gateway-app/report"
)

// What documents call things.
var (
	wordSource      = report.Words{EN: "Figures of", ZH: "数据提供方"}
	wordStatement   = report.Words{EN: "The platform's statement", ZH: "平台报送数据"}
	wordID          = report.Words{EN: "Id", ZH: "标识"}
	wordIndicator   = report.Words{EN: "Indicator", ZH: "指标"}
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

// standingWords are what people call how a platform stands with a month.
var standingWords = map[Standing]report.Words{
	InTime: {EN: "in time", ZH: "按时报送"}, Late: {EN: "late", ZH: "逾期报送"},
	Missing: {EN: "missing", ZH: "逾期未报"}, Due: {EN: "due", ZH: "尚未到期"},
}

// Words are what people call the standing.
func (s Standing) Words() report.Words { return standingWords[s] }

// Words are what people call the state.
func (s State) Words() report.Words { return stateWords[string(s)] }

// Document is the publication for people, in whatever format.
func (p Publication) Document() report.Document {
	shown := p.Disclosure
	if p.Shown.Platform != "" {
		shown = p.Shown
	}
	document := shown.Document()
	document.By = p.Member
	if p.Withheld != "" {
		document.Tables = nil
		document.Notes = append(document.Notes, p.WhyWithheld())
	}
	if p.Unknown > 0 {
		document.Notes = append(document.Notes, p.WhyUnknown())
	}
	document.Facts = append(document.Facts, report.Fact{ID: "source", Words: wordSource, Value: report.Text(p.Member)})
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

// WhyWithheld says why there are no figures.
func (p Publication) WhyWithheld() report.Words {
	return report.Words{
		EN: fmt.Sprintf("Withheld: fewer than %d borrowers owe, so that the figures would tell what single people owe.", p.Least),
		ZH: fmt.Sprintf("不予公开：当期借款人不足%d人，公开数据会暴露个人欠款。", p.Least),
	}
}

// WhyUnknown says how many stated figures are not shown.
func (p Publication) WhyUnknown() report.Words {
	return report.Words{
		EN: fmt.Sprintf("The platform also stated figures that no formula makes, which are not shown: %d.", p.Unknown),
		ZH: fmt.Sprintf("平台另报送了规则包中没有的指标%d项，不予展示。", p.Unknown),
	}
}

func differenceTable(list []disclosure.Difference) report.Table {
	t := report.Table{ID: "differences", Title: wordDifferences, Columns: []report.Column{
		{ID: "id", Words: wordID, Kind: report.KindText},
		{ID: "name", Words: wordIndicator, Kind: report.KindText},
		{ID: "stated", Words: wordStated, Kind: report.KindText, Coded: true},
		{ID: "computed", Words: wordComputed, Kind: report.KindText, Coded: true},
	}}
	for _, d := range list {
		t.Rows = append(t.Rows, []report.Value{
			report.Text(d.ID), report.Said(DifferenceWords(d)), figureValue(d.Unit, d.Stated), figureValue(d.Unit, d.Computed),
		})
	}
	return t
}

func versionTable(list []Published) report.Table {
	t := report.Table{ID: "versions", Title: wordVersions, Columns: []report.Column{
		{ID: "version", Words: wordVersion, Kind: report.KindText},
		{ID: "state", Words: wordState, Kind: report.KindText},
		{ID: "reason", Words: wordReason, Kind: report.KindText},
		{ID: "digest", Words: wordDigest, Kind: report.KindText},
	}}
	for _, v := range list {
		t.Rows = append(t.Rows, []report.Value{
			report.Text(strconv.FormatInt(v.Version, 10)), report.Said(stateWords[string(v.State)]), reasonValue(v), report.Text(v.Digest),
		})
	}
	return t
}

func reasonValue(v Published) report.Value {
	if v.Reason == "" {
		return report.None()
	}
	return report.Said(v.Why())
}
