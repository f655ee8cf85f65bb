package serve

import (
	"context"
	"crypto/rand"
	"errors"
	"io/fs"
	"os"

	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/gateway-app/api"
	"github.com/tallystick/tallystick/gateway-app/credit"
	"github.com/tallystick/tallystick/gateway-app/pseudonym"
)

// openProtocols opens what members do together: pseudonyms that nobody alone can make, and credit in bands.
func (f *foundations) openProtocols(ctx context.Context) error {
	links := pseudonym.NewLedger(f.books.Model, f.books.Reach)
	switch f.profile.Kind {
	case party.Regulator:
		holder, err := f.holder(ctx, links)
		if err != nil {
			return err
		}
		f.pseudonyms = &api.Pseudonyms{Keys: holder, Regulator: &pseudonym.Regulator{Holder: holder}}
		book := abreast{credit.NewModel(f.db, f.books.Model, links), f}
		f.credit = &api.Credit{Registry: credit.NewRegistry(f.db, book, f.settings.CreditSharing)}
		return nil
	case party.Custodian:
		return f.openCustodianHalf(ctx, links)
	}
	return f.openPlatformHalf(links)
}

// abreast is the registry's book, read only when it shows all that the member's peer has: a consent that was
// given or withdrawn a moment ago counts.
type abreast struct {
	*credit.Model
	f *foundations
}

// Party answers a party as the ledger has it now.
func (a abreast) Party(ctx context.Context, collection, handle string) (party.State, bool, error) {
	if err := a.f.catchUp(ctx); err != nil {
		return party.State{}, false, err
	}
	return a.Model.Party(ctx, collection, handle)
}

// admitted is the parties as a holder of a key looks at them. One that the platform's app has seen attested is on the
// ledger, though perhaps not in these books yet: before it is turned away they catch up.
type admitted struct {
	*pseudonym.Ledger
	f *foundations
}

// Party answers a party, and looks again in books that are abreast of the peer before it says that one is unknown or
// not attested.
func (a admitted) Party(ctx context.Context, collection, handle string) (party.State, bool, error) {
	state, found, err := a.Ledger.Party(ctx, collection, handle)
	if err != nil || found && !state.CustodianAttested.IsZero() {
		return state, found, err
	}
	if err := a.f.catchUp(ctx); err != nil {
		return party.State{}, false, err
	}
	return a.Ledger.Party(ctx, collection, handle)
}

// holder opens the member's own key of the oblivious function.
func (f *foundations) holder(ctx context.Context, links *pseudonym.Ledger) (*pseudonym.Holder, error) {
	ring, err := pseudonym.OpenKeyring(f.settings.keyringPath(), f.vault)
	if err != nil {
		return nil, err
	}
	return pseudonym.NewHolder(ctx, f.profile.Member, f.db, ring, admitted{links, f}, pseudonym.DefaultLimits())
}

func (f *foundations) openCustodianHalf(ctx context.Context, links *pseudonym.Ledger) error {
	holder, err := f.holder(ctx, links)
	if err != nil {
		return err
	}
	regulator, err := f.remote(party.Regulator, "")
	if err != nil {
		return err
	}
	half := pseudonym.NewCustodian(holder, links, verified{f}, regulator, f.box, f.process)
	f.pseudonyms = &api.Pseudonyms{Keys: holder, Custodian: half, Rotate: f.rotate(half, regulator)}
	return nil
}

func (f *foundations) openPlatformHalf(ledger *pseudonym.Ledger) error {
	secret, err := pseudonym.LoadSecret(f.settings.inData("blinds.key"))
	if err != nil {
		return err
	}
	regulator, err := f.remote(party.Regulator, "")
	if err != nil {
		return err
	}
	if len(f.pairs()) == 0 {
		return errors.New("the profile names no collection of this platform and a custodian: use the profile that the network wrote")
	}
	links, err := f.openLinking(secret, regulator)
	if err != nil {
		return err
	}
	f.pseudonyms = &api.Pseudonyms{Platform: links}
	bureaus, err := f.bureaus()
	if err != nil {
		return err
	}
	f.credit = &api.Credit{Desk: credit.NewDesk(f.db, credit.NewModel(f.db, f.books.Model, ledger), verified{f},
		credit.NewRemote(regulator), credit.DeskSettings{Bureaus: bureaus, Logger: f.logger, People: f.customers.People})}
	return nil
}

// secretFile reads 256 random bits, which it makes at the first start.
func secretFile(path string) ([]byte, error) {
	secret, err := os.ReadFile(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return secret, err
	}
	secret = make([]byte, 32)
	_, _ = rand.Read(secret) // never fails: crypto/rand ends the process instead
	return secret, os.WriteFile(path, secret, 0o600)
}
