package wording_test

import (
	"strings"
	"testing"
	"unicode"

	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/schedule"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/report"
	"github.com/tallystick/tallystick/gateway-app/report/wording"
)

// Every enumerated thing that a report prints has words of both languages, and keeps its code.
func TestEverythingThatIsPrintedHasWords(t *testing.T) {
	printed := map[string]report.Value{}
	for _, s := range loan.Statuses() {
		if s != loan.None {
			printed["loan status "+string(s)] = wording.LoanStatus(s)
		}
	}
	for _, k := range custody.Kinds() {
		printed["kind of order "+string(k)] = wording.OrderKind(k)
	}
	for _, m := range []schedule.Method{schedule.EqualInstalment, schedule.EqualPrincipal, schedule.InterestOnly, schedule.Bullet} {
		printed["method "+string(m)] = wording.Method(m)
	}
	for _, k := range []party.Kind{party.Natural, party.Legal} {
		printed["kind of party "+string(k)] = wording.PartyKind(k)
	}
	for _, p := range []string{schedule.PayeePlatform, schedule.PayeeCustodian, schedule.PayeeGuarantor} {
		printed["payee "+p] = wording.Payee(p)
	}
	for _, b := range []string{schedule.BasisPrincipal, schedule.BasisInterest, schedule.BasisFlat} {
		printed["basis "+b] = wording.Basis(b)
	}
	for _, f := range wire.Functions() {
		if !f.ReadOnly {
			printed["function "+f.Name] = wording.Function(f.Name)
		}
	}
	for _, c := range fault.Codes() {
		printed["code "+string(c)] = wording.Refused(c)
		printed["reason "+string(c)] = wording.Reason(string(c))
	}
	for what, v := range printed {
		code := what[strings.LastIndexByte(what, ' ')+1:]
		if v.Code() != code {
			t.Errorf("%s has the code %q beside it", what, v.Code())
		}
		spoken(t, what, v)
	}
	for _, c := range fault.Codes() {
		spoken(t, "remedy of "+string(c), wording.Remedy(c))
	}
}

// spoken wants words of both languages that are words and no code.
func spoken(t *testing.T, what string, v report.Value) {
	t.Helper()
	en, zh := v.In(report.EN), v.In(report.ZH)
	if !strings.ContainsFunc(zh, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
		t.Errorf("%s has no Chinese words: %q", what, zh)
	}
	if en == "" || strings.ContainsFunc(en, func(r rune) bool { return unicode.Is(unicode.Han, r) }) || !strings.HasPrefix(what, "remedy") && strings.ContainsAny(en, "_:") {
		t.Errorf("%s has no English words: %q", what, en)
	}
}

// A code that nobody foresaw is shown as it is, and nothing is nothing.
func TestWhatHasNoWordsIsShownByItsCode(t *testing.T) {
	if v := wording.Reason("moon_in_cancer"); v.In(report.ZH) != "moon_in_cancer" || v.Code() != "moon_in_cancer" {
		t.Errorf("a bank's own code is shown as %q", v.In(report.ZH))
	}
	if v := wording.Reason("account_closed"); v.In(report.ZH) != "银行账户已销户" {
		t.Errorf("account_closed is shown as %q", v.In(report.ZH))
	}
	if v := wording.Reason(""); v.Kind() != "" {
		t.Errorf("no reason is shown as %q", v.In(report.EN))
	}
	if v := wording.Remedy("moon_in_cancer"); v.Kind() != "" {
		t.Errorf("the remedy of no code is %q", v.In(report.EN))
	}
}
