package books_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/asn1"
	"encoding/base64"
	"fmt"
	"math/big"
	"strings"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/mandate"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/regime"
	"github.com/tallystick/tallystick/core/wire"
)

var (
	harbor    = party.Actor{Member: "harbor", Kind: party.Platform, Role: party.Machine}
	lantern   = party.Actor{Member: "lantern", Kind: party.Platform, Role: party.Machine}
	meridian  = party.Actor{Member: "meridian", Kind: party.Custodian, Role: party.Machine}
	authority = party.Actor{Member: "authority", Kind: party.Regulator, Role: party.Supervisor}
)

// The handles of the three customers.
var ann, ben, cai = handle(0xa), handle(0xb), handle(0xc)

func handle(n int) string { return fmt.Sprintf("%032x", n) }

func day(text string) calendar.Date {
	d, err := calendar.Parse(text)
	if err != nil {
		panic(err)
	}
	return d
}

func sandbox() regime.Pack {
	return regime.Pack{
		ID: "sandbox", Title: "Sandbox", Source: "made up for tests", EffectiveFrom: day("2016-01-01"), AppliesTo: "new",
		Rules: regime.Rules{
			Currency: "CNY", RateCapPPM: 360_000, PenaltyCapPPM: 365_000, MinKYCLevel: 1, MinPrincipal: 1, MaxPrincipal: 1_000_000,
			Natural:        regime.Caps{PlatformMinor: 1_000_000, NetworkMinor: 1_000_000},
			Legal:          regime.Caps{PlatformMinor: 1_000_000, NetworkMinor: 1_000_000},
			MaxInstalments: 60, Methods: []string{"equal_instalment", "bullet"},
			Allocation:    []regime.Component{regime.Fee, regime.Interest, regime.Principal, regime.Penalty},
			ClearanceDays: 10, FundingDays: 10, BackdatingDays: 5, WriteOffDays: 30,
		},
	}
}

// found lists four members and lets regulator and custodian adopt a regime.
func (l *ledger) found() {
	root := wire.Root{Version: wire.Version}
	for _, actor := range []party.Actor{harbor, lantern, meridian, authority} {
		entry := wire.MemberEntry{Version: wire.Version, Member: wire.Member{
			ID: actor.Member, Name: strings.ToUpper(actor.Member), Kind: actor.Kind, MSPID: actor.Member + "MSP",
		}}
		digest, err := wire.MemberDigest(entry)
		l.must(err)
		root.Listed = append(root.Listed, wire.Listed{ID: actor.Member, Digest: digest})
		l.put("", wire.MemberKey(actor.Member), entry)
	}
	l.put("", wire.RootMembers, root)
	l.put("", wire.RootRegimes, wire.Root{Version: wire.Version, Listed: []wire.Listed{}})
	l.commit()

	key := wire.RegimeKey("sandbox")
	l.decidePack(key, regime.Propose{Pack: sandbox(), Actor: authority})
	l.decidePack(key, regime.Approve{On: day("2016-01-04"), Actor: authority})
	custodian := meridian
	custodian.Role = party.Supervisor
	pack := l.decidePack(key, regime.Approve{On: day("2016-01-05"), Actor: custodian})
	digest, err := wire.PackDigest(pack)
	l.must(err)
	l.put("", wire.RootRegimes, wire.Root{Version: wire.Version, Listed: []wire.Listed{{ID: "sandbox", Digest: digest}}})
	l.commit()
	for _, collection := range []string{pair, otherPair} {
		l.put(collection, wire.BooksKey, wire.Books{Version: wire.Version, Secret: strings.Repeat("5e", 32)})
		l.commit()
	}
}

// decidePack commits what went before, and stages a step of the regime.
func (l *ledger) decidePack(key string, command regime.Command) regime.Pack {
	l.Helper()
	l.commit()
	events, err := regime.Decide(load[regime.Pack](l, "", key), command)
	l.must(err)
	return save(l, "", key, regime.Pack{}, regime.Apply, events...)
}

// attest lets both sides attest a customer, and gives it a mandate to lend.
func (l *ledger) attest(customer string) {
	point, err := secret.PublicKey.Bytes()
	l.must(err)
	identity := party.Identity{
		Handle: customer, Platform: "harbor", Custodian: "meridian", Kind: party.Natural, KYCLevel: 2, Expires: day("2090-01-01"),
		Key: party.Key{Algorithm: party.P256, Public: base64.StdEncoding.EncodeToString(point)},
	}
	vouch := func(by party.Actor, account string) party.Event {
		return party.Event{
			Kind: party.Attested, Handle: customer, By: by.Member, Side: by.Kind, On: l.on, Identity: &identity, AccountDigest: account,
		}
	}
	account := strings.Repeat("ab", 32)
	save(l, pair, wire.PartyKey(customer), party.State{}, party.Apply, vouch(harbor, ""), vouch(meridian, account))
	l.commit()
	terms := mandate.Terms{
		Handle: customer, Party: customer, Platform: "harbor", Custodian: "meridian", Purpose: mandate.Invest,
		Currency: "CNY", TotalMinor: 9_000_000, Expires: day("2034-01-01"), PerLoanMinor: 9_000_000, MaxInstalments: 60,
		MaxShareOfLoanPPM: money.Million,
	}
	save(l, pair, wire.MandateKey(customer), mandate.State{}, mandate.Apply,
		mandate.Event{Kind: mandate.Registered, Handle: customer, By: "harbor", Side: party.Platform, On: l.on, Terms: &terms},
		mandate.Event{Kind: mandate.Confirmed, Handle: customer, By: "meridian", Side: party.Custodian, On: l.on, Channel: "branch"})
	l.commit()
}

var secret = func() *ecdsa.PrivateKey {
	key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), bytes.Repeat([]byte{7}, 32))
	if err != nil {
		panic(err)
	}
	return key
}()

// sign is the one of two signatures that the ledger takes, made without randomness.
func (l *ledger) sign(message []byte) string {
	hashed := sha256.Sum256(message)
	raw, err := secret.Sign(nil, hashed[:], crypto.SHA256)
	l.must(err)
	var signature struct{ R, S *big.Int }
	_, err = asn1.Unmarshal(raw, &signature)
	l.must(err)
	if n := elliptic.P256().Params().N; signature.S.Cmp(new(big.Int).Rsh(n, 1)) > 0 {
		signature.S.Sub(n, signature.S)
	}
	raw, err = asn1.Marshal(signature)
	l.must(err)
	return base64.StdEncoding.EncodeToString(raw)
}
