package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/ledger"
)

type partyView struct {
	Collection string                                `json:"collection"`
	Record     wire.Record[party.State, party.Event] `json:"record"`
	Account    *custody.Account                      `json:"account,omitempty"`
	History    []written[party.State, party.Event]   `json:"history,omitempty"`
}

func newPartyShow(s *session) *cobra.Command {
	return s.choosesWay(&cobra.Command{
		Use:   "show PARTY",
		Short: "Show a party: its attestations, keys, freezes, and its cash at the custodian",
		Args:  arguments("PARTY"),
		RunE: func(command *cobra.Command, args []string) error {
			v, err := read(command.Context(), s,
				func(ctx context.Context, c *ledger.Client) (partyView, error) { return s.oneParty(ctx, c, args[0]) },
				func(ctx context.Context, g gateway) (partyView, error) { return g.party(ctx, args[0]) })
			if err != nil {
				return err
			}
			sheets := []sheet{v.facts(), v.keys()}
			if v.History != nil {
				sheets = append(sheets, v.history())
			}
			return s.print(v, sheets...)
		},
	})
}

func (s *session) oneParty(ctx context.Context, c *ledger.Client, named string) (partyView, error) {
	var failed error
	all, seen := versions[party.State, party.Event](parties, &failed)
	r, err := s.replay(ctx, c, seen, parties, accounts)
	if err != nil {
		return partyView{}, err
	}
	if failed != nil {
		return partyView{}, failed
	}
	at, err := r.find("party", parties, named)
	if err != nil {
		return partyView{}, err
	}
	v := partyView{Collection: at.collection, History: all[at]}
	v.Record = v.History[len(v.History)-1].Record
	cash := place{at.collection, wire.AccountKey(at.handle())}
	if _, ok := r.latest[cash]; ok {
		account, err := record[custody.Account, custody.AccountEvent](r, cash)
		if err != nil {
			return partyView{}, err
		}
		v.Account = &account.State
	}
	return v, nil
}

func (v partyView) facts() sheet {
	p := v.Record.State
	t := facts("",
		"party", p.Handle, "collection", v.Collection, "kind", string(p.Kind), "level of identification", fmt.Sprint(p.KYCLevel),
		"attestation ends", date(p.Expires), "attested by "+p.Platform, date(p.PlatformAttested),
		"attested by "+p.Custodian, date(p.CustodianAttested), "affiliate of", p.Affiliate, "account", p.AccountDigest,
		"consents", fmt.Sprint(len(p.Consents)),
	)
	if p.Freeze != nil {
		t.add("frozen", fmt.Sprintf("from %s to %s by order %s", p.Freeze.From, p.Freeze.Until, p.Freeze.Order))
	}
	if p.Revoked != nil {
		t.add("revoked", fmt.Sprintf("on %s by the %s", p.Revoked.On, p.Revoked.By))
	}
	if v.Account != nil {
		t.add("cash available", yuan(v.Account.AvailableMinor))
		t.add("cash held", yuan(v.Account.HeldMinor))
		t.add("cash payable again", yuan(v.Account.PayableMinor))
	}
	return t
}

func (v partyView) keys() sheet {
	t := sheet{title: "keys", columns: []string{"no", "algorithm", "from", "retired", "public"}, numbers: []string{"no"}}
	for _, key := range v.Record.State.Keys {
		t.add(fmt.Sprint(key.Sequence), string(key.Algorithm), date(key.From), date(key.Retired), key.Public)
	}
	return t
}

func (v partyView) history() sheet {
	t := sheet{title: "history", columns: []string{"block", "transaction", "on", "event", "by"}, numbers: []string{"block"}}
	for _, version := range v.History {
		for _, e := range version.Record.Events {
			t.add(fmt.Sprint(version.Change.Block), short(version.Change.TxID), date(e.On), string(e.Kind), e.By)
		}
	}
	return t
}
