package serve

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/gateway-app/projection"
	"github.com/tallystick/tallystick/gateway-app/pseudonym"
)

// bank is a custodian as a platform sees it: its keys, and what it was asked for.
type bank struct {
	key   string
	asked []string
}

func (b *bank) Keys(context.Context) ([]pseudonym.PublicKey, error) {
	return []pseudonym.PublicKey{
		{Epoch: 1, KeyID: b.key, Status: pseudonym.Current}, {Epoch: 2, KeyID: b.key + "-next", Status: pseudonym.Next},
	}, nil
}

func (b *bank) Apply(_ context.Context, collection string, _ []string) ([]pseudonym.Result, error) {
	b.asked = append(b.asked, collection)
	return nil, nil
}

func (b *bank) Renew(ctx context.Context, _ int, collection string, parties []string) ([]pseudonym.Result, error) {
	return b.Apply(ctx, collection, parties)
}

// Each collection's custodian is asked, and none whose key would make one person two.
func TestApplicationsGoToTheCustodianOfTheirCollection(t *testing.T) {
	first, second, stranger := &bank{key: "k"}, &bank{key: "k"}, &bank{key: "other"}
	l := linking{first: first, halves: map[string]half{
		"harbor-first": {first, first}, "harbor-second": {second, second}, "harbor-stranger": {stranger, stranger},
	}}
	for collection, want := range map[string]fault.Code{
		"harbor-first": "", "harbor-second": "", "harbor-stranger": fault.CommitmentMismatch, "lantern-first": fault.InvalidField,
	} {
		_, applied := l.Apply(t.Context(), collection, nil)
		_, renewed := l.Renew(t.Context(), 2, collection, nil)
		for _, err := range []error{applied, renewed} {
			if want == "" && err != nil || want != "" && !errors.Is(err, fault.New(want)) {
				t.Errorf("%s: %v, want %q", collection, err, want)
			}
		}
	}
	if _, err := l.Renew(t.Context(), 3, "harbor-second", nil); !errors.Is(err, fault.New(fault.WrongStatus)) {
		t.Errorf("an epoch that nobody has made: %v", err)
	}
	twice := func(collection string) []string { return []string{collection, collection} }
	if !slices.Equal(first.asked, twice("harbor-first")) || !slices.Equal(second.asked, twice("harbor-second")) || stranger.asked != nil {
		t.Errorf("asked: %v, %v, %v", first.asked, second.asked, stranger.asked)
	}
}

func TestAPartyIsAttestedWhereItBelongs(t *testing.T) {
	two := []projection.Pair{{Platform: "harbor", Custodian: "first"}, {Platform: "harbor", Custodian: "second"}}
	standing := func(where string) func(string) (bool, error) {
		return func(collection string) (bool, error) { return collection == where, nil }
	}
	for name, c := range map[string]struct {
		pairs     []projection.Pair
		kind      party.MemberKind
		custodian string
		stands    string
		want      string
		code      fault.Code
		field     string
	}{
		"new, one custodian":            {two[:1], party.Platform, "", "", "first", "", ""},
		"new, named":                    {two, party.Platform, "second", "", "second", "", ""},
		"new, not named":                {two, party.Platform, "", "", "", fault.MissingField, "custodian"},
		"new, unknown":                  {two, party.Platform, "third", "", "", fault.InvalidField, "custodian"},
		"renewed where it stands":       {two, party.Platform, "", "harbor-second", "second", "", ""},
		"attested again, wrongly named": {two, party.Platform, "first", "harbor-second", "second", "", ""},
		"at a custodian":                {two, party.Custodian, "", "harbor-second", "second", "", ""},
		"at a custodian, too early":     {two, party.Custodian, "", "", "", fault.PartyUnknown, "party"},
	} {
		got, err := pairOf(c.pairs, c.kind, c.custodian, standing(c.stands))
		if c.code != "" {
			if f := fault.Of(err); f == nil || f.Code != c.code || f.Field != c.field {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if err != nil || got.Custodian != c.want {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	broken := errors.New("the database went away")
	if _, err := pairOf(two, party.Platform, "first", func(string) (bool, error) { return false, broken }); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}
