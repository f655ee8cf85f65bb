package fault_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tallystick/tallystick/core/fault"
)

func TestEveryCodeSaysWhatToDo(t *testing.T) {
	seen := map[fault.Code]bool{}
	for _, c := range fault.Codes() {
		if seen[c] {
			t.Errorf("%s is listed twice", c)
		}
		seen[c] = true
		if len(c.Remedy()) < 10 {
			t.Errorf("%s has no remedy", c)
		}
		if string(c) != strings.ToLower(string(c)) {
			t.Errorf("%s is not in lower case", c)
		}
		if s := c.HTTPStatus(); s < 400 || s > 599 {
			t.Errorf("%s maps to HTTP %d", c, s)
		}
		if e := c.ExitCode(); e != fault.ExitError && e != fault.ExitUsage {
			t.Errorf("%s maps to exit %d", c, e)
		}
	}
}

func TestARefusalSurvivesFabricsWrapping(t *testing.T) {
	sent := fault.In(fault.RateAboveCap, "items[2].rate_ppm").At(2)
	wrapped := "rpc error: code = Aborted desc = failed: chaincode response 500, {not json} " + sent.Encode() + " (harbor)"
	got, ok := fault.Decode(wrapped)
	if !ok || *got != *sent {
		t.Fatalf("got %+v, %v", got, ok)
	}
	if _, ok := fault.Decode(`{"code":"no_such_code"}`); ok {
		t.Fatal("an unknown code was taken for a refusal")
	}
}

// A peer that means harm chooses the text of its errors: reading one must cost next to nothing.
func TestReadingAHostileMessageIsBounded(t *testing.T) {
	refusal := fault.New(fault.NotFound).Encode()
	for name, hostile := range map[string]string{
		"braces in pairs":       strings.Repeat("{}", 1<<20),
		"braces that only open": strings.Repeat("{", 1<<20) + strings.Repeat("}", 1<<20),
		"nested objects":        strings.Repeat(`{"code":`, 1<<20),
		"a very long string":    `{"code":"` + strings.Repeat("a", 1<<22),
	} {
		started := time.Now()
		if f, ok := fault.Decode(hostile + refusal); ok {
			t.Errorf("%s: found %v where nobody looks", name, f)
		}
		if took := time.Since(started); took > time.Second {
			t.Errorf("%s took %s", name, took)
		}
	}
	if _, ok := fault.Decode(strings.Repeat("{", 7) + refusal); !ok {
		t.Error("a refusal behind a few braces was not found")
	}
}

func TestRefusalsCompareByCode(t *testing.T) {
	err := fmt.Errorf("post receipts: %w", fault.In(fault.NotFound, "loan"))
	if !errors.Is(err, fault.New(fault.NotFound)) || errors.Is(err, fault.New(fault.Conflict)) {
		t.Fatal("errors.Is must compare the code and nothing else")
	}
	if fault.Of(err).Field != "loan" || fault.Of(errors.New("x")).Code != fault.Internal || fault.Of(nil) != nil {
		t.Fatal("Of must find the refusal, and call everything else internal")
	}
}
