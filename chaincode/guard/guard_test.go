package guard_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-contract-api-go/v2/contractapi"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"

	"github.com/tallystick/tallystick/chaincode/fakeledger"
	"github.com/tallystick/tallystick/chaincode/guard"
	"github.com/tallystick/tallystick/core/fault"
)

const (
	secret      = "sentinel-4711"
	anyMember   = "HarborMSP"
	knownMethod = "Ledger:Put"
)

// ledgerContract is a contract as the project writes them.
type ledgerContract struct{ contractapi.Contract }

func (ledgerContract) Put(ctx contractapi.TransactionContextInterface, key, value string) error {
	return ctx.GetStub().PutState(key, []byte(value))
}

func (ledgerContract) Break(_ contractapi.TransactionContextInterface, text string) error {
	panic("cannot work with " + text)
}

func (ledgerContract) Overrun(_ contractapi.TransactionContextInterface, text string) error {
	_ = []byte(text)[len(text)]
	return nil
}

func contract(t *testing.T) shim.Chaincode {
	t.Helper()
	c := new(ledgerContract)
	c.Name = "Ledger"
	cc, err := contractapi.NewChaincode(c)
	if err != nil {
		t.Fatal(err)
	}
	return cc
}

var table = guard.Table{knownMethod: 2, "Ledger:Break": 1, "Ledger:Overrun": 1}

func guarded(t *testing.T) (shim.Chaincode, *bytes.Buffer) {
	t.Helper()
	log := new(bytes.Buffer)
	cc, err := guard.New(contract(t), table, slog.New(slog.NewJSONHandler(log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	return cc, log
}

func submit(cc shim.Chaincode, function string, args ...string) error {
	ledger := fakeledger.New(fakeledger.Config{
		Members: []string{anyMember},
		Policy:  fakeledger.AnyOf([]string{anyMember}),
	})
	_, err := ledger.Submit(cc, fakeledger.Proposal{
		Creator:   ledger.Identity(anyMember, "machine"),
		Function:  function,
		Args:      args,
		Transient: map[string][]byte{"request": []byte(secret)},
		Endorsers: []string{anyMember},
	})
	return err
}

func codeOf(t *testing.T, err error) fault.Code {
	t.Helper()
	if err == nil {
		return ""
	}
	f, ok := fault.Decode(err.Error())
	if !ok {
		t.Fatalf("the error carries no refusal: %v", err)
	}
	return f.Code
}

func TestOnlyExactNamesAndCountsPass(t *testing.T) {
	cases := map[string]struct {
		function string
		args     []string
		want     fault.Code
	}{
		"as documented":               {knownMethod, []string{"k", "v"}, ""},
		"first letter small":          {"Ledger:put", []string{"k", "v"}, fault.UnknownFunction},
		"contract in another case":    {"ledger:Put", []string{"k", "v"}, fault.UnknownFunction},
		"no contract":                 {"Put", []string{"k", "v"}, fault.UnknownFunction},
		"space behind":                {knownMethod + " ", []string{"k", "v"}, fault.UnknownFunction},
		"the API's own metadata":      {"org.hyperledger.fabric:GetMetadata", nil, fault.UnknownFunction},
		"nothing":                     {"", nil, fault.UnknownFunction},
		"an argument too few":         {knownMethod, []string{"k"}, fault.MalformedRequest},
		"an argument too many":        {knownMethod, []string{"k", "v", "w"}, fault.MalformedRequest},
		"a name that holds a private": {secret, []string{secret}, fault.UnknownFunction},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			cc, log := guarded(t)
			err := submit(cc, c.function, c.args...)
			if got := codeOf(t, err); got != c.want {
				t.Errorf("refused with %q, want %q", got, c.want)
			}
			if err != nil && strings.Contains(err.Error(), secret) || strings.Contains(log.String(), secret) {
				t.Errorf("an input shows: %v %s", err, log)
			}
		})
	}
}

func TestAPanicIsRefusedAndTellsNoInput(t *testing.T) {
	for _, function := range []string{"Ledger:Break", "Ledger:Overrun"} {
		t.Run(function, func(t *testing.T) {
			cc, log := guarded(t)
			err := submit(cc, function, secret)
			if got := codeOf(t, err); got != fault.Internal {
				t.Fatalf("refused with %q, want %q", got, fault.Internal)
			}
			if strings.Contains(log.String(), secret) || strings.Contains(err.Error(), secret) {
				t.Errorf("the input shows: %v %s", err, log)
			}
			var record struct {
				Msg, Function, Tx string
				Stack             []string
			}
			if err := json.Unmarshal(log.Bytes(), &record); err != nil {
				t.Fatalf("the log is not one record: %v: %s", err, log)
			}
			_, method, _ := strings.Cut(function, ":")
			if record.Function != function || len(record.Tx) != 64 || !strings.Contains(strings.Join(record.Stack, "\n"), method) {
				t.Errorf("the record does not say where it happened: %+v", record)
			}
			if err := submit(cc, knownMethod, "k", "v"); err != nil {
				t.Errorf("after the panic the chaincode refuses: %v", err)
			}
		})
	}
}

// silent answers nothing, and fails when it is initialised.
type silent struct{}

func (silent) Init(shim.ChaincodeStubInterface) *peer.Response   { panic(errors.New("init " + secret)) }
func (silent) Invoke(shim.ChaincodeStubInterface) *peer.Response { return nil }

// initialised lets the fake ledger, which only invokes, reach Init.
type initialised struct{ inner shim.Chaincode }

func (i initialised) Init(stub shim.ChaincodeStubInterface) *peer.Response {
	return i.inner.Init(stub)
}

func (i initialised) Invoke(stub shim.ChaincodeStubInterface) *peer.Response {
	return i.inner.Init(stub)
}

func TestNoAnswerAndAFailedInitAreRefused(t *testing.T) {
	log := new(bytes.Buffer)
	cc, err := guard.New(silent{}, table, slog.New(slog.NewTextHandler(log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	if got := codeOf(t, submit(cc, knownMethod, "k", "v")); got != fault.Internal {
		t.Errorf("no answer is refused with %q", got)
	}
	if got := codeOf(t, submit(initialised{cc}, knownMethod, "k", "v")); got != fault.Internal {
		t.Errorf("a failed init is refused with %q", got)
	}
	if got := codeOf(t, submit(initialised{cc}, "Ledger:Nothing")); got != fault.UnknownFunction {
		t.Errorf("an init by an unknown name is refused with %q", got)
	}
	if strings.Contains(log.String(), secret) {
		t.Errorf("the log quotes the panic: %s", log)
	}
}

func TestATableThatCannotWorkIsRefused(t *testing.T) {
	log := slog.New(slog.DiscardHandler)
	for name, bad := range map[string]guard.Table{
		"empty": {}, "no contract": {"Put": 1}, "no function": {"Ledger:": 1},
		"three parts": {"A:B:C": 1}, "negative": {"A:B": -1},
	} {
		if _, err := guard.New(contract(t), bad, log); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if _, err := guard.New(nil, table, log); err == nil {
		t.Error("no chaincode: accepted")
	}
	if _, err := guard.New(contract(t), table, nil); err == nil {
		t.Error("no log: accepted")
	}
}

func TestTheTableIsCopied(t *testing.T) {
	own := guard.Table{knownMethod: 2}
	cc, err := guard.New(contract(t), own, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	delete(own, knownMethod)
	if err := submit(cc, knownMethod, "k", "v"); err != nil {
		t.Errorf("a change to the caller's table reached the guard: %v", err)
	}
}

// FuzzInvoke sends any name and any arguments: only the table's own reach the contract, nothing
// panics out of the guard, and neither refusal nor log quotes what was sent.
func FuzzInvoke(f *testing.F) {
	f.Add(knownMethod, "k", "v", 2)
	f.Add("Ledger:put", "k", "v", 2)
	f.Add("Ledger:Break", "text", "", 1)
	f.Add("\x00:\xff", "", "", 0)
	f.Fuzz(func(t *testing.T, function, first, second string, count int) {
		args := []string{first, second}[:min(max(count, 0), 2)]
		cc, log := guarded(t)
		err := submit(cc, function, args...)
		expected, known := table[function]
		switch code := codeOfAny(err); {
		case !known && code != fault.UnknownFunction:
			t.Fatalf("%q is answered with %v", function, err)
		case known && expected != len(args) && code != fault.MalformedRequest:
			t.Fatalf("%q with %d arguments is answered with %v", function, len(args), err)
		case known && expected == len(args) && (code == fault.UnknownFunction || code == fault.MalformedRequest):
			t.Fatalf("%q with %d arguments is answered with %v", function, len(args), err)
		}
		const telling = 12 // shorter texts occur by chance
		for _, text := range append(args, function) {
			if len(text) >= telling && !known && strings.Contains(log.String()+errorText(err), text) {
				t.Fatalf("%q shows in %v or %s", text, err, log)
			}
		}
	})
}

// codeOfAny answers no code for an error of the contract's own or of the peer.
func codeOfAny(err error) fault.Code {
	if err == nil {
		return ""
	}
	if f, ok := fault.Decode(err.Error()); ok {
		return f.Code
	}
	return ""
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
