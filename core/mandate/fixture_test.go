package mandate_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/asn1"
	"encoding/base64"
	"errors"
	"math/big"
	"testing"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/mandate"
	"github.com/tallystick/tallystick/core/party"
)

var (
	harbor    = party.Actor{Member: "harbor", Kind: party.Platform, Role: party.Machine}
	lantern   = party.Actor{Member: "lantern", Kind: party.Platform, Role: party.Machine}
	meridian  = party.Actor{Member: "meridian", Kind: party.Custodian, Role: party.Operator}
	signedOn  = day("2016-01-04")
	lender    = newSigner(1)
	stranger  = newSigner(2)
	lastOfUse = day("2016-12-31")
)

func day(text string) calendar.Date {
	d, err := calendar.Parse(text)
	if err != nil {
		panic(err)
	}
	return d
}

// signer signs with ECDSA as RFC 6979 does, without randomness, so that golden files can hold
// signatures.
type signer struct{ private *ecdsa.PrivateKey }

func newSigner(seed byte) signer {
	private, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), bytes.Repeat([]byte{seed}, 32))
	if err != nil {
		panic(err)
	}
	return signer{private}
}

func (s signer) key() party.Key {
	point, err := s.private.PublicKey.Bytes()
	if err != nil {
		panic(err)
	}
	return party.Key{Algorithm: party.P256, Public: base64.StdEncoding.EncodeToString(point)}
}

func (s signer) sign(message []byte) []byte {
	hashed := sha256.Sum256(message)
	signature, err := s.private.Sign(nil, hashed[:], crypto.SHA256)
	if err != nil {
		panic(err)
	}
	var pair struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(signature, &pair); err != nil {
		panic(err)
	}
	order := elliptic.P256().Params().N
	if pair.S.Cmp(new(big.Int).Rsh(order, 1)) > 0 {
		pair.S.Sub(order, pair.S)
	}
	normal, err := asn1.Marshal(pair)
	if err != nil {
		panic(err)
	}
	return normal
}

// invest lets 10,000.00 be lent, 1,000.00 and a quarter of a loan at a time, at 8 % or more.
func invest() mandate.Terms {
	return mandate.Terms{
		Handle: "m-1", Party: "p-1", Platform: "harbor", Custodian: "meridian",
		Purpose: mandate.Invest, Currency: "CNY", TotalMinor: 1_000_000, Expires: lastOfUse,
		PerLoanMinor: 100_000, MinRatePPM: 80_000, MaxInstalments: 36, MaxShareOfLoanPPM: 250_000,
	}
}

// debit lets 500.00 at a time be collected for one loan.
func debit() mandate.Terms {
	return mandate.Terms{
		Handle: "m-2", Party: "p-2", Platform: "harbor", Custodian: "meridian",
		Purpose: mandate.Debit, Currency: "CNY", Expires: lastOfUse,
		PerCollectionMinor: 50_000, Loan: "l-1",
	}
}

func register(terms mandate.Terms) mandate.Register {
	return mandate.Register{
		Actor: harbor, On: signedOn, Terms: terms, Key: lender.key(), Signature: lender.sign(terms.Statement()),
	}
}

func confirm(terms mandate.Terms) mandate.Confirm {
	return mandate.Confirm{
		Actor: meridian, On: signedOn, Handle: terms.Handle, Channel: "bank-app", SignedTerms: terms.Commitment(),
	}
}

// use takes as much as invest allows from a loan that meets its conditions.
func use() mandate.Use {
	return mandate.Use{
		Actor: harbor, On: signedOn, Handle: "m-1", Party: "p-1", Purpose: mandate.Invest, Currency: "CNY",
		AmountMinor: 100_000, Loan: "l-1", RatePPM: 80_000, Instalments: 36, PrincipalMinor: 400_000,
	}
}

// collect takes as much as debit allows.
func collect() mandate.Use {
	return mandate.Use{
		Actor: meridian, On: signedOn, Handle: "m-2", Party: "p-2", Purpose: mandate.Debit, Currency: "CNY",
		AmountMinor: 50_000, Loan: "l-1",
	}
}

// apply runs commands that must all be accepted.
func apply(t testing.TB, s mandate.State, commands ...mandate.Command) mandate.State {
	t.Helper()
	for i, c := range commands {
		events, err := mandate.Decide(s, c)
		if err != nil {
			t.Fatalf("command %d, %T: %v", i+1, c, err)
		}
		for _, e := range events {
			s = mandate.Apply(s, e)
		}
	}
	return s
}

// confirmed is a mandate ready for use.
func confirmed(t testing.TB, terms mandate.Terms) mandate.State {
	t.Helper()
	return apply(t, mandate.State{}, register(terms), confirm(terms))
}

// refused checks that a command is refused with a code and, unless it is empty, a field.
func refused(t testing.TB, s mandate.State, c mandate.Command, code fault.Code, field string) {
	t.Helper()
	events, err := mandate.Decide(s, c)
	if !errors.Is(err, fault.New(code)) {
		t.Errorf("%T: got %v, want %s", c, err, code)
		return
	}
	if field != "" && fault.Of(err).Field != field {
		t.Errorf("%T: got field %q, want %q", c, fault.Of(err).Field, field)
	}
	if len(events) > 0 {
		t.Errorf("%T: refused and yet %d events", c, len(events))
	}
}
