package projection

import (
	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/regime"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/ledger"
)

var roots = &value[wire.Root]{
	prefix: "root/", table: valueTable("root"), replaced: true,
	version: func(r wire.Root) int { return r.Version },
	names: func(c ledger.Change, _ string, _ wire.Root) error {
		if c.Key != wire.RootMembers && c.Key != wire.RootRegimes {
			return malformed("no root key that this release knows")
		}
		return nil
	},
	columns: func(wire.Root) []any { return nil },
}

var members = &value[wire.MemberEntry]{
	prefix: wire.MemberKey(""), table: valueTable("member", "kind", "msp_id", "digest"), replaced: true, // with other roots
	version: func(m wire.MemberEntry) int { return m.Version },
	names:   func(_ ledger.Change, id string, m wire.MemberEntry) error { return named(id, m.ID) },
	columns: func(m wire.MemberEntry) []any {
		digest, _ := wire.MemberDigest(m) // texts cannot fail to encode
		return []any{string(m.Kind), plain(m.MSPID), digest}
	},
	further: func(b *batch, id string, m wire.MemberEntry) error {
		b.tell(Notice{"member.registered", "", id, Payload{Member: id, Kind: string(m.Kind)}})
		return nil
	},
}

// named wants a public key to name what stands under it, by an id that reads the same everywhere.
func named(id, name string) error {
	if id != name || !party.ValidID(id) {
		return malformed("the key is that of another entry than the value names")
	}
	return nil
}

var regimes = &noun[regime.Pack, regime.Event]{
	name: "regime", prefix: wire.RegimeKey(""),
	table: recordTable("regime", "effective_from", "until", "digest"),
	fresh: func(string) regime.Pack { return regime.Pack{} },
	apply: regime.Apply,
	names: func(_ ledger.Change, id string, p regime.Pack) error { return named(id, p.ID) },
	about: func(e regime.Event) (string, calendar.Date) {
		switch {
		case e.Approved != nil:
			return e.Kind, e.Approved.On
		case e.Retired != nil:
			return e.Kind, e.Retired.On
		}
		return e.Kind, 0
	},
	columns: func(p regime.Pack) []any {
		digest, _ := wire.PackDigest(p) // figures and texts cannot fail to encode
		return []any{p.EffectiveFrom.String(), p.Until.String(), digest}
	},
	tell: func(_, after regime.Pack, e regime.Event) []Notice {
		p := Payload{Regime: after.ID, Member: after.Proposer, ExpiresOn: after.Until}
		switch {
		case e.Approved != nil:
			p.Member = e.Approved.Member
		case e.Retired != nil:
			p.Member = e.Retired.By
		}
		return []Notice{{"regime." + e.Kind, "", after.ID, p}}
	},
}

var freezes = &noun[wire.PlatformFreeze, wire.PlatformEvent]{
	name: "platform", prefix: wire.PlatformFreezeKey(""),
	table: recordTable("platform_freeze", "order_number", "in_force", "since", "released_on"),
	fresh: func(string) wire.PlatformFreeze { return wire.PlatformFreeze{} },
	apply: wire.PlatformFreeze.Apply,
	names: func(_ ledger.Change, id string, f wire.PlatformFreeze) error { return named(id, f.Platform) },
	about: func(e wire.PlatformEvent) (string, calendar.Date) { return e.Kind, e.On },
	columns: func(f wire.PlatformFreeze) []any {
		return []any{plain(f.Order), flag(f.InForce()), f.Since.String(), f.Released.String()}
	},
	tell: func(_, after wire.PlatformFreeze, e wire.PlatformEvent) []Notice {
		return []Notice{{"platform." + e.Kind, after.Platform, after.Platform, Payload{Member: after.Platform, Order: e.Order}}}
	},
}
