package serve

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/gateway-app/ledger"
	"github.com/tallystick/tallystick/gateway-app/pseudonym"
)

// Epochs are the steps of a change of the pseudonym's keys, as a member's supervisor takes them at the
// member's own app, which runs.
type Epochs struct {
	app *pseudonym.Remote
	out io.Writer
}

// OpenEpochs reaches the member's own app as the user whose token it is.
func OpenEpochs(settings Settings, token string, out io.Writer) (*Epochs, error) {
	if token == "" {
		return nil, errors.New("TALLY_TOKEN is not set: sign in as a supervisor of the member, and put the session's token there")
	}
	profile, err := ledger.LoadProfile(settings.ProfilePath)
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(settings.Gateways, func(g Gateway) bool { return g.Member == profile.Member })
	if at < 0 {
		return nil, fmt.Errorf("gateways: the settings do not say where the app of %s itself answers: add its member, url and root_path", profile.Member)
	}
	own := settings.Gateways[at]
	text, err := os.ReadFile(own.RootPath)
	if err != nil {
		return nil, fmt.Errorf("root_path of %s: %w", own.Member, err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("root_path of %s: %s holds no certificate", own.Member, own.RootPath)
	}
	// No time-out of its own: a rotation takes as long as it has parties to move, and an interrupt ends it.
	app, err := pseudonym.NewRemote(own.URL, token, &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{
		RootCAs: roots, ServerName: own.ServerName, MinVersion: tls.VersionTLS12,
	}}})
	return &Epochs{app, out}, err
}

// Show lists the member's keys.
func (e *Epochs) Show(ctx context.Context) error {
	known, err := e.app.Keys(ctx)
	if err != nil {
		return err
	}
	for _, k := range known {
		fmt.Fprintf(e.out, "epoch %d: key %s of %s is %s\n", k.Epoch, k.KeyID, k.Holder, k.Status)
	}
	return nil
}

// Prepare makes the key of the next epoch, or names the one that was made before.
func (e *Epochs) Prepare(ctx context.Context) error {
	known, err := e.app.Keys(ctx)
	if err != nil {
		return err
	}
	epoch := len(known) + 1
	if next := lastWith(known, pseudonym.Next); next > 0 {
		epoch = next
	}
	made, err := e.app.Prepare(ctx, epoch)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(e.out, "epoch %d: key %s is ready; back it up; then the custodian's supervisor: gateway-app pseudonym rotate\n", made.Epoch, made.KeyID)
	return err
}

// Rotate has the custodian's app move everybody and change over, as far as it can without the regulator.
func (e *Epochs) Rotate(ctx context.Context) error {
	epoch, err := e.app.Rotate(ctx)
	if err == nil {
		if err := e.showUnreached(ctx); err != nil {
			return err
		}
		_, err = fmt.Fprintf(e.out, "epoch %d is current, and the custodian's former key is destroyed; now the regulator's supervisor: gateway-app pseudonym retire\n", epoch)
		return err
	}
	if !errors.Is(err, fault.New(fault.NotYetDue)) {
		return e.explained(ctx, err)
	}
	known, failed := e.app.Keys(ctx)
	if failed != nil {
		return failed
	}
	if lastWith(known, pseudonym.Former) == 0 {
		return fmt.Errorf("the regulator has made no next key: its supervisor begins, with gateway-app pseudonym prepare: %w", err)
	}
	_, err = fmt.Fprintf(e.out, "epoch %d is current at the custodian; now the regulator's supervisor: gateway-app pseudonym activate; then rotate again\n",
		lastWith(known, pseudonym.Current))
	return err
}

// explained says of a rotation that leaves somebody behind where to look.
func (e *Epochs) explained(ctx context.Context, err error) error {
	if !errors.Is(err, fault.In(fault.WrongStatus, "epoch")) {
		return err
	}
	return errors.Join(e.showUnreached(ctx), fmt.Errorf(
		"the platforms have not moved every party whose number is known: see that their apps run and know these numbers, and start again: %w", err))
}

// showUnreached counts who was linked without a number.
func (e *Epochs) showUnreached(ctx context.Context) error {
	left, err := e.app.Unreached(ctx)
	if err != nil || len(left) == 0 {
		return err
	}
	known := 0
	for _, each := range left {
		if each.Known {
			known++
		}
	}
	_, err = fmt.Fprintf(e.out, "%d parties keep a pseudonym that the current keys have not made; the numbers of %d of them are known (GET %s)\n",
		len(left), known, pseudonym.UnreachedPath)
	return err
}

// Activate makes the member's next key current.
func (e *Epochs) Activate(ctx context.Context) error {
	epoch, err := e.find(ctx, pseudonym.Next, "prepare one before")
	if err != nil {
		return err
	}
	if err := e.app.Activate(ctx, epoch); err != nil {
		return err
	}
	_, err = fmt.Fprintf(e.out, "epoch %d is current here; now the custodian's supervisor: gateway-app pseudonym rotate\n", epoch)
	return err
}

// Retire destroys the member's former key.
func (e *Epochs) Retire(ctx context.Context) error {
	epoch, err := e.find(ctx, pseudonym.Former, "nothing is left to destroy")
	if err != nil {
		return err
	}
	if err := e.app.Retire(ctx, epoch); err != nil {
		return err
	}
	_, err = fmt.Fprintf(e.out, "the key of epoch %d is destroyed\n", epoch)
	return err
}

func (e *Epochs) find(ctx context.Context, status, remedy string) (int, error) {
	known, err := e.app.Keys(ctx)
	if err != nil {
		return 0, err
	}
	if epoch := lastWith(known, status); epoch > 0 {
		return epoch, nil
	}
	return 0, fmt.Errorf("the member has no %s key: %s", status, remedy)
}

// lastWith is the latest epoch whose key has a status; 0 when there is none.
func lastWith(known []pseudonym.PublicKey, status string) int {
	epoch := 0
	for _, k := range known {
		if k.Status == status {
			epoch = k.Epoch
		}
	}
	return epoch
}
