package party

import (
	"cmp"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/fault"
)

// Attest is one side's word for a party. Whichever side comes first creates the record; the other
// must say exactly the same. Only the custodian may add an account.
type Attest struct {
	Actor         Actor         `json:"actor"`
	On            calendar.Date `json:"on"`
	Identity      Identity      `json:"identity"`
	AccountDigest string        `json:"account_digest,omitempty"`
}

// VerifyAccount is the custodian's word for the one bank account to which the party is paid. It may
// replace an earlier one.
type VerifyAccount struct {
	Actor         Actor         `json:"actor"`
	On            calendar.Date `json:"on"`
	Handle        string        `json:"handle"`
	AccountDigest string        `json:"account_digest"`
}

// Renew sets the level and the last day anew. The custodian's word takes effect at once; the
// platform's is kept as a proposal until the custodian renews, so that neither is a platform needed
// to keep a customer paid, nor is it enough.
type Renew struct {
	Actor   Actor         `json:"actor"`
	On      calendar.Date `json:"on"`
	Handle  string        `json:"handle"`
	Renewal Renewal       `json:"renewal"`
}

// Revoke withdraws an attestation for good, by the platform, the custodian or a supervisor at the
// regulator. Custodian and regulator may still revoke what the platform has, because theirs also
// stops payouts.
type Revoke struct {
	Actor  Actor         `json:"actor"`
	On     calendar.Date `json:"on"`
	Handle string        `json:"handle"`
	Note   string        `json:"note,omitempty"`
}

func (c Attest) decide(s State) (Event, error) {
	if err := cmp.Or(RequireDate(c.On, "on"), c.Identity.check(c.On)); err != nil {
		return Event{}, err
	}
	if err := c.Actor.RequireEither(c.Identity.Platform, c.Identity.Custodian); err != nil {
		return Event{}, err
	}
	if c.AccountDigest != "" {
		if err := RequireDigest(c.AccountDigest, "account_digest"); err != nil {
			return Event{}, err
		}
		if c.Actor.Kind != Custodian {
			return Event{}, fault.In(fault.WrongMember, "account_digest")
		}
	}
	if err := s.admits(c); err != nil {
		return Event{}, err
	}
	event := newEvent(Attested, c.Identity.Handle, c.Actor, c.On)
	event.Identity, event.AccountDigest = &c.Identity, c.AccountDigest
	return event, nil
}

// admits refuses a second word of the same side, and a word that differs from the other side's.
func (s State) admits(c Attest) error {
	if !s.Exists() {
		return nil
	}
	if s.Handle != c.Identity.Handle {
		return fault.In(fault.InvalidField, "identity.handle")
	}
	attested := s.PlatformAttested
	if c.Actor.Kind == Custodian {
		attested = s.CustodianAttested
	}
	if !attested.IsZero() {
		return fault.New(fault.AlreadyExists)
	}
	if s.Revoked != nil {
		return fault.New(fault.PartyRevoked)
	}
	if field := s.identity().difference(c.Identity); field != "" {
		return fault.In(fault.InvalidField, field)
	}
	return nil
}

func (c VerifyAccount) decide(s State) (Event, error) {
	if err := cmp.Or(RequireDate(c.On, "on"), RequireID(c.Handle, "handle"),
		RequireDigest(c.AccountDigest, "account_digest")); err != nil {
		return Event{}, err
	}
	if err := cmp.Or(s.known(c.Handle), c.Actor.RequireCustodian(s.Custodian)); err != nil {
		return Event{}, err
	}
	if s.CustodianAttested.IsZero() {
		return Event{}, fault.New(fault.AttestationMissing)
	}
	event := newEvent(AccountVerified, c.Handle, c.Actor, c.On)
	event.AccountDigest = c.AccountDigest
	return event, nil
}

func (c Renew) decide(s State) (Event, error) {
	if err := cmp.Or(RequireDate(c.On, "on"), RequireID(c.Handle, "handle"),
		c.Renewal.check(c.On, "renewal.")); err != nil {
		return Event{}, err
	}
	if err := cmp.Or(s.known(c.Handle), c.Actor.RequireEither(s.Platform, s.Custodian)); err != nil {
		return Event{}, err
	}
	if !s.Attested() {
		return Event{}, fault.New(fault.AttestationMissing)
	}
	if s.Revoked != nil && s.Revoked.By != Platform {
		return Event{}, fault.New(fault.PartyRevoked)
	}
	kind := Renewed
	if c.Actor.Kind == Platform {
		kind = RenewalProposed
	}
	event := newEvent(kind, c.Handle, c.Actor, c.On)
	event.Renewal = &c.Renewal
	return event, nil
}

func (c Revoke) decide(s State) (Event, error) {
	if err := cmp.Or(RequireDate(c.On, "on"), RequireID(c.Handle, "handle")); err != nil {
		return Event{}, err
	}
	if c.Note != "" && !ValidID(c.Note) {
		return Event{}, fault.In(fault.InvalidField, "note")
	}
	if err := s.known(c.Handle); err != nil {
		return Event{}, err
	}
	if c.Actor.Kind == Regulator {
		if err := c.Actor.Require(Supervisor); err != nil {
			return Event{}, err
		}
	} else if err := c.Actor.RequireEither(s.Platform, s.Custodian); err != nil {
		return Event{}, err
	}
	if s.Revoked != nil && (s.Revoked.By != Platform || c.Actor.Kind == Platform) {
		return Event{}, fault.New(fault.PartyRevoked)
	}
	event := newEvent(Revoked, c.Handle, c.Actor, c.On)
	event.Note = c.Note
	return event, nil
}

// check refuses an identity whose fields are not in their documented form.
func (i Identity) check(on calendar.Date) error {
	if err := cmp.Or(RequireID(i.Handle, "identity.handle"), RequireID(i.Platform, "identity.platform"),
		RequireID(i.Custodian, "identity.custodian")); err != nil {
		return err
	}
	switch {
	case !i.Kind.Valid():
		return fault.In(fault.InvalidField, "identity.kind")
	case i.Affiliate != "" && !ValidID(i.Affiliate):
		return fault.In(fault.InvalidField, "identity.affiliate")
	}
	return cmp.Or(Renewal{i.KYCLevel, i.Expires}.check(on, "identity."), i.Key.Check())
}

// check refuses a level out of bounds and a last day that is past.
func (r Renewal) check(on calendar.Date, path string) error {
	switch {
	case r.KYCLevel < 1 || r.KYCLevel > maxLevel:
		return fault.In(fault.InvalidField, path+"kyc_level")
	case r.Expires.IsZero():
		return fault.In(fault.MissingField, path+"expires")
	case r.Expires < on:
		return fault.In(fault.InvalidField, path+"expires")
	}
	return nil
}

// difference names the first field in which two identities differ; empty when they are equal.
func (i Identity) difference(other Identity) string {
	switch {
	case i.Platform != other.Platform:
		return "identity.platform"
	case i.Custodian != other.Custodian:
		return "identity.custodian"
	case i.Kind != other.Kind:
		return "identity.kind"
	case i.KYCLevel != other.KYCLevel:
		return "identity.kyc_level"
	case i.Expires != other.Expires:
		return "identity.expires"
	case i.Key != other.Key:
		return "identity.key"
	case i.Affiliate != other.Affiliate:
		return "identity.affiliate"
	}
	return ""
}
