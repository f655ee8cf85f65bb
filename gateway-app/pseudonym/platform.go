package pseudonym

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"time"

	"github.com/cloudflare/circl/oprf"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/gateway-app/store"
)

// CustodianDoor is the custodian's half as platforms reach it; Remote is one, over HTTP.
type CustodianDoor interface {
	Keys(ctx context.Context) ([]PublicKey, error)
	Evaluate(ctx context.Context, p Points) (Evaluation, error)
	Open(ctx context.Context, o Openings) ([]Result, error)
}

// Platform is the side that knows the customer: it blinds identity numbers and commits to them.
//
// Blinds follow from the platform's secret and from the application, so that a call that was cut off is
// made again with the same points, and nothing of a blind has to be stored.
type Platform struct {
	db         *store.DB
	secret     []byte
	identities Identities
	regulator  RegulatorDoor
	custodian  CustodianDoor
	tries      int
}

// LoadSecret reads the platform's secret for blinds, and makes it where there is none.
func LoadSecret(path string) ([]byte, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		fresh := make([]byte, sha256.Size)
		_, _ = rand.Read(fresh) // never fails: crypto/rand ends the process instead
		if err := writeOnce(path, fresh); err != nil && !errors.Is(err, fs.ErrExist) {
			return nil, err
		}
	case err != nil:
		return nil, fmt.Errorf("read the secret for blinds: %w", err)
	case info.Mode().Perm()&0o077 != 0:
		return nil, errors.New("the secret for blinds can be read by others: remove the file, and let this process make another")
	}
	secret, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the secret for blinds: %w", err)
	}
	if len(secret) != sha256.Size {
		return nil, errors.New("the secret for blinds is not 32 bytes: remove the file, and let this process make another")
	}
	return secret, nil
}

// NewPlatform puts the platform's side together.
func NewPlatform(db *store.DB, secret []byte, ids Identities, regulator RegulatorDoor, custodian CustodianDoor) *Platform {
	return &Platform{db, secret, ids, regulator, custodian, DefaultLimits().Tries}
}

// Apply has parties of the platform's linked under the custodian's current epoch. A party that is linked
// already is answered as linked.
func (p *Platform) Apply(ctx context.Context, collection string, handles []string) ([]Result, error) {
	announced, err := p.custodian.Keys(ctx)
	if err != nil {
		return nil, fmt.Errorf("ask the custodian for its keys: %w", err)
	}
	current := 0
	for _, k := range announced {
		if k.Status == Current {
			current = k.Epoch
		}
	}
	return p.apply(ctx, announced, current, false, collection, handles)
}

// Renew has parties that are linked moved to an epoch that is next.
func (p *Platform) Renew(ctx context.Context, epoch int, collection string, handles []string) ([]Result, error) {
	announced, err := p.custodian.Keys(ctx)
	if err != nil {
		return nil, fmt.Errorf("ask the custodian for its keys: %w", err)
	}
	return p.apply(ctx, announced, epoch, true, collection, handles)
}

func (p *Platform) apply(ctx context.Context, announced []PublicKey, epoch int, renewing bool, collection string,
	handles []string,
) ([]Result, error) {
	if err := size(len(handles)); err != nil {
		return nil, err
	}
	pinned, public, err := pin(ctx, p.db, announced, epoch)
	if err != nil {
		return nil, err
	}
	c := call{platform: p, pinned: pinned, public: public, epoch: epoch, collection: collection, renewing: renewing}
	results := make([]Result, len(handles))
	seen := map[string]bool{}
	for i, handle := range handles {
		results[i].Party = handle
		err := c.add(ctx, seen, i, handle)
		if refusal := new(fault.Fault); errors.As(err, &refusal) {
			results[i].Refusal = refusal.At(i)
			continue
		}
		if err != nil {
			return nil, err
		}
	}
	openings, err := c.exchangeAll(ctx, results)
	if err != nil || len(c.members) == 0 {
		return results, err
	}
	answers, err := p.custodian.Open(ctx, openings)
	if err != nil {
		return nil, fmt.Errorf("open to the custodian: %w", err)
	}
	if len(answers) != len(c.members) {
		return nil, errors.New("open to the custodian: it answered for another number of applications")
	}
	for i, m := range c.members {
		results[m.at].Linked, results[m.at].Refusal = answers[i].Linked, answers[i].Refusal
		if answers[i].Refusal != nil {
			results[m.at].Refusal = answers[i].Refusal.At(m.at)
		}
	}
	return results, c.close(ctx, answers)
}

// call is one exchange about several applications.
type call struct {
	platform   *Platform
	pinned     PublicKey
	public     *oprf.PublicKey
	epoch      int
	collection string
	renewing   bool // of parties that are linked
	members    []member
}

type member struct {
	at      int
	handle  string
	attempt int
	number  Number
}

func (c *call) add(ctx context.Context, seen map[string]bool, i int, handle string) error {
	if err := distinct(seen, handle, i); err != nil {
		return err
	}
	seen[handle] = true
	look := c.platform.identities.Number
	if c.renewing {
		look = c.platform.identities.Known
	}
	number, found, err := look(ctx, c.collection, handle)
	switch {
	case err != nil:
		return err
	case !found:
		return fault.In(fault.AttestationMissing, "party")
	}
	failed, err := c.platform.failures(ctx, c.epoch, c.collection, handle)
	switch {
	case err != nil:
		return err
	case failed >= c.platform.tries:
		return fault.In(fault.WrongStatus, "party")
	}
	c.members = append(c.members, member{i, handle, failed + 1, number})
	return nil
}

// exchangeAll sets aside the applications that a key holder refuses, and goes on with the others. A try that
// was used before for another number, which this database knows nothing of, is followed by the next one.
func (c *call) exchangeAll(ctx context.Context, results []Result) (Openings, error) {
	for len(c.members) > 0 {
		openings, err := c.exchange(ctx)
		refusal := new(fault.Fault)
		if !errors.As(err, &refusal) || refusal.Item < 1 || refusal.Item > len(c.members) {
			return openings, err
		}
		at := refusal.Item - 1
		if m := &c.members[at]; refusal.Code == fault.AlreadyExists && m.attempt < c.platform.tries {
			m.attempt++
			continue
		}
		results[c.members[at].at].Refusal = refusal.At(c.members[at].at)
		c.members = slices.Delete(c.members, at, at+1)
	}
	return Openings{}, nil
}

// exchange deposits the points with the regulator, has the custodian evaluate others, and seals the blinds.
func (c *call) exchange(ctx context.Context) (Openings, error) {
	out := Openings{Epoch: c.epoch, Collection: c.collection}
	_, toRegulator, err := c.blind("regulator") // the platform never unblinds what the regulator computes
	if err != nil {
		return out, err
	}
	if err := c.platform.regulator.Deposit(ctx, toRegulator.points); err != nil {
		return out, fmt.Errorf("deposit with the regulator: %w", err)
	}
	data, toCustodian, err := c.blind("custodian")
	if err != nil {
		return out, err
	}
	evaluation, err := c.platform.custodian.Evaluate(ctx, toCustodian.points)
	if err != nil {
		return out, fmt.Errorf("have the custodian evaluate: %w", err)
	}
	outputs, err := finalize(c.pinned, data, evaluation)
	if err != nil {
		return out, fmt.Errorf("check the custodian's evaluation: %w", err)
	}
	for i, m := range c.members {
		opening, err := seal(outputs[i], c.epoch, c.collection, m.handle, m.attempt, toRegulator.blinds[i])
		if err != nil {
			return out, err
		}
		out.Openings = append(out.Openings, opening)
	}
	return out, nil
}

type blinded struct {
	points Points
	blinds []oprf.Blind
}

func (c *call) blind(holder string) (*oprf.FinalizeData, blinded, error) {
	out := blinded{points: Points{Epoch: c.epoch, Collection: c.collection}}
	inputs := make([][]byte, len(c.members))
	for i, m := range c.members {
		inputs[i] = m.number.input()
		out.blinds = append(out.blinds, c.scalar(holder, m))
	}
	data, request, err := oprf.NewVerifiableClient(suite, c.public).DeterministicBlind(inputs, out.blinds)
	if err != nil {
		return nil, out, err
	}
	elements, err := encode(request.Elements)
	if err != nil {
		return nil, out, err
	}
	for i, m := range c.members {
		out.points.Points = append(out.points.Points, Point{m.handle, m.attempt, elements[i]})
	}
	return data, out, nil
}

// scalar is the blind of one application for one key holder. It depends on the number too: two numbers
// that were tried for one application must not share a blind.
func (c *call) scalar(holder string, m member) oprf.Blind {
	mac := hmac.New(sha256.New, c.platform.secret)
	fmt.Fprintf(mac, "tallystick/pseudonym/blind/v1\x00%s\x00", holder)
	mac.Write(application(c.epoch, c.collection, m.handle, m.attempt))
	mac.Write(m.number.input())
	return suite.Group().HashToScalar(mac.Sum(nil), []byte("tallystick/pseudonym/blind/v1"))
}

func (p *Platform) failures(ctx context.Context, epoch int, collection, handle string) (int, error) {
	var failures int
	const query = `SELECT failures FROM pseudonym_application WHERE epoch = $1 AND collection = $2 AND party = $3`
	err := p.db.QueryRowContext(ctx, query, epoch, collection, handle).Scan(&failures)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return failures, err
}

// close notes the applications whose number was not the custodian's, so that the next try is another one.
func (c *call) close(ctx context.Context, answers []Result) error {
	return c.platform.db.Write(ctx, func(tx *sql.Tx) error {
		for i, m := range c.members {
			status, failures := "linked", 0
			switch {
			case answers[i].Linked:
			case answers[i].Refusal != nil && answers[i].Refusal.Code == fault.CommitmentMismatch:
				status, failures = "mismatch", 1
			default:
				continue
			}
			const query = `INSERT INTO pseudonym_application (epoch, collection, party, failures, status, pseudonym, changed_at)
				VALUES ($1, $2, $3, $4, $5, '', $6) ON CONFLICT (epoch, collection, party) DO UPDATE SET
				failures = pseudonym_application.failures + excluded.failures, status = excluded.status, changed_at = excluded.changed_at`
			if _, err := tx.ExecContext(ctx, query, c.epoch, c.collection, m.handle, failures, status, store.Time(time.Now())); err != nil {
				return err
			}
		}
		return nil
	})
}
