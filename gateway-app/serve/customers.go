package serve

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/gateway-app/api"
	"github.com/tallystick/tallystick/gateway-app/documents"
	"github.com/tallystick/tallystick/gateway-app/keys"
	"github.com/tallystick/tallystick/gateway-app/kyc"
	"github.com/tallystick/tallystick/gateway-app/person"
	"github.com/tallystick/tallystick/gateway-app/pseudonym"
	"github.com/tallystick/tallystick/gateway-app/screening"
)

// hitThresholdPPM is how alike a name must be to one on a watch list for a person to look at it.
const hitThresholdPPM = 850_000

// openCustomers opens what a platform or a custodian keeps about people. A regulator keeps nothing.
func (f *foundations) openCustomers() error {
	if f.profile.Kind == party.Regulator {
		return nil
	}
	lists, err := screening.New(f.db, hitThresholdPPM)
	if err != nil {
		return err
	}
	papers, err := documents.New(f.db, f.vault, f.settings.inData("documents"), documents.DefaultLimits())
	if err != nil {
		return err
	}
	people := person.New(f.db, f.vault)
	if f.profile.Kind == party.Custodian {
		people = person.NewByParty(f.db, f.vault)
	}
	provider, err := f.provider()
	if err != nil {
		return err
	}
	cases := kyc.New(f.db, people, provider, lists, attestations{f})
	if years := f.settings.LeastAgeYears; years > 0 {
		people.SetLeastAge(years)
		cases.SetLeastAge(years)
	}
	signer, err := memberKey(f.settings.inData("receipts.key"))
	if err != nil {
		return err
	}
	authorities, err := f.erasureAuthorities()
	if err != nil {
		return err
	}
	rights, err := person.NewRights(people, cases, papers, f.profile.Member, signer, authorities)
	if err != nil {
		return err
	}
	f.customers = &api.Customers{People: people, Rights: rights, Cases: cases, Screening: lists, Documents: papers}
	return nil
}

func today() calendar.Date { return calendar.Shanghai(time.Now().Unix()) }

// memberKey is a key with which the member signs what leaves the app; it is made at the first start.
func memberKey(path string) (*keys.Key, error) {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		key, err := keys.Generate(party.P256)
		if err != nil {
			return nil, err
		}
		if err := key.Save(path); err != nil {
			return nil, err
		}
	}
	return keys.Load(path)
}

// verified answers the identity numbers that the member itself has verified.
type verified struct{ f *foundations }

// Number answers the number of a party that is verified today.
func (v verified) Number(ctx context.Context, _, handle string) (pseudonym.Number, bool, error) {
	return v.number(ctx, handle, func(c kyc.Case) bool { return c.Good(today()) })
}

// Known answers the number of a party that is verified, or was: the verification may have expired since, a list
// may have hit, or another round be under way. A number that was changed since is nobody's until it is verified.
func (v verified) Known(ctx context.Context, _, handle string) (pseudonym.Number, bool, error) {
	return v.number(ctx, handle, joins)
}

func (v verified) number(ctx context.Context, handle string, good func(kyc.Case) bool) (pseudonym.Number, bool, error) {
	missing := func(err error) bool { return errors.Is(err, fault.New(fault.NotFound)) }
	record, err := v.f.customers.People.FindParty(ctx, handle)
	if missing(err) {
		return pseudonym.Number{}, false, nil
	}
	if err != nil {
		return pseudonym.Number{}, false, err
	}
	known, err := v.f.customers.Cases.Find(ctx, record.ID)
	if missing(err) || err == nil && !good(known) {
		return pseudonym.Number{}, false, nil
	}
	if err != nil {
		return pseudonym.Number{}, false, err
	}
	kind := pseudonym.ResidentID
	if record.Kind == party.Legal {
		kind = pseudonym.OrganisationCode
	}
	number, err := pseudonym.ParseNumber(kind, record.Fields.IdentityNumber)
	return number, err == nil, err
}

// customerTasks keep people's records as the rules want them.
func (f *foundations) customerTasks() []task {
	if f.customers == nil {
		return nil
	}
	return []task{
		f.alone("upkeep of customers", f.every(time.Minute, func(ctx context.Context) error {
			_, err := f.customers.Cases.Run(ctx)
			return err
		})),
		f.alone("erasure of what is due", f.every(time.Hour, func(ctx context.Context) error {
			_, err := f.customers.Rights.PurgeDue(ctx)
			return err
		})),
		f.alone("sweeping of documents", f.every(time.Hour, func(ctx context.Context) error {
			if _, err := f.customers.Documents.Sweep(ctx, time.Hour); err != nil {
				return fmt.Errorf("sweep documents: %w", err)
			}
			return nil
		})),
	}
}

// every does something at once and then again and again, until the context ends.
func (f *foundations) every(interval time.Duration, do func(context.Context) error) func(context.Context) error {
	return func(ctx context.Context) error {
		for {
			if err := do(ctx); err != nil {
				return err
			}
			select {
			case <-ctx.Done():
				return nil
			case <-time.After(interval):
			}
		}
	}
}
