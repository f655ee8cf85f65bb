package pseudonym

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/tallystick/tallystick/core/fault"
)

// KeyHolder is how a rotation speaks to either member that holds a key. Each of them lets only its own
// supervisor do these things.
type KeyHolder interface {
	Keys(ctx context.Context) ([]PublicKey, error)
	Prepare(ctx context.Context, epoch int) (PublicKey, error)
	Activate(ctx context.Context, epoch int) error
	Retire(ctx context.Context, epoch int) error
}

// Renewer is a platform that renews its parties; *Platform is one.
type Renewer interface {
	Renew(ctx context.Context, epoch int, collection string, handles []string) ([]Result, error)
}

// Rotation is who takes part in a change of keys.
type Rotation struct {
	Regulator KeyHolder
	Custodian KeyHolder
	// Remaining lists the linked parties that hold an epoch up; (*Custodian).Remaining does.
	Remaining func(ctx context.Context, epoch int) ([]Application, error)
	// Renew finds the platform that renews the parties of a collection.
	Renew func(collection string) (Renewer, bool)
}

// ErrRemaining says that an epoch has not reached every linked party that it could, so that it cannot become
// current.
var ErrRemaining = errors.New("linked parties are left behind")

// Rotate brings a new epoch from its keys to the destruction of the old ones, and answers it. Every step
// may be repeated: a rotation that was cut off, or in which a platform was not there, is started again and
// goes on where it stood.
//
//  1. Both holders make the key of the next epoch. New parties are still linked under the current one.
//  2. Each platform renews its linked parties; the custodian has the ledger move their exposures.
//  3. When nobody is left behind, the custodian makes the epoch current and then the regulator does.
//  4. Both destroy the keys of the epoch before.
//
// It fails with ErrRemaining when somebody is left behind, and changes nothing that is current.
func Rotate(ctx context.Context, r Rotation) (int, error) {
	epoch, err := r.prepare(ctx)
	if err != nil {
		return 0, err
	}
	if err := r.renew(ctx, epoch); err != nil {
		return epoch, err
	}
	for _, holder := range []KeyHolder{r.Custodian, r.Regulator} {
		if err := holder.Activate(ctx, epoch); err != nil {
			return epoch, fmt.Errorf("make epoch %d current: %w", epoch, err)
		}
	}
	// A party may have been linked under the old epoch while the custodian changed over; its person has
	// been moved, or is moved now, before the means to do so are destroyed.
	if err := r.renew(ctx, epoch); err != nil {
		return epoch, err
	}
	for _, holder := range []KeyHolder{r.Custodian, r.Regulator} {
		if err := holder.Retire(ctx, epoch-1); err != nil {
			return epoch, fmt.Errorf("destroy the keys of epoch %d: %w", epoch-1, err)
		}
	}
	return epoch, nil
}

// prepare finds the epoch that is under way at either holder, or begins the next one, at both.
func (r Rotation) prepare(ctx context.Context) (int, error) {
	epoch, next := 0, 0
	for _, holder := range []KeyHolder{r.Regulator, r.Custodian} {
		keys, err := holder.Keys(ctx)
		if err != nil {
			return 0, fmt.Errorf("begin an epoch: %w", err)
		}
		epoch, next = max(epoch, underWay(keys)), max(next, len(keys)+1)
	}
	if epoch == 0 {
		epoch = next
	}
	for _, holder := range []KeyHolder{r.Regulator, r.Custodian} {
		if _, err := holder.Prepare(ctx, epoch); err != nil {
			return 0, fmt.Errorf("make the key of epoch %d: %w", epoch, err)
		}
	}
	return epoch, nil
}

// underWay is the epoch that a rotation is about at one holder: the one that is next, or the one after a
// former one whose key is not destroyed yet; 0 when there is neither.
func underWay(keys []PublicKey) int {
	for _, k := range slices.Backward(keys) {
		switch k.Status {
		case Next:
			return k.Epoch
		case Former:
			return k.Epoch + 1
		}
	}
	return 0
}

// renew has every platform renew what is left, in calls of one batch, until nothing is.
func (r Rotation) renew(ctx context.Context, epoch int) error {
	for {
		left, err := r.Remaining(ctx, epoch)
		if err != nil || len(left) == 0 {
			return err
		}
		progress := 0
		for collection, handles := range byCollection(left) {
			renewer, ok := r.Renew(collection)
			if !ok {
				continue
			}
			for part := range slices.Chunk(handles, Batch) {
				results, err := renewer.Renew(ctx, epoch, collection, part)
				if err != nil {
					return fmt.Errorf("renew parties of %s: %w", collection, err)
				}
				for _, result := range results {
					if result.Linked {
						progress++
					}
				}
			}
		}
		if progress == 0 {
			return fmt.Errorf("epoch %d: %w: %d of them: %w", epoch, ErrRemaining, len(left), fault.In(fault.WrongStatus, "epoch"))
		}
	}
}

func byCollection(list []Application) map[string][]string {
	sorted := map[string][]string{}
	for _, a := range list {
		sorted[a.Collection] = append(sorted[a.Collection], a.Party)
	}
	return sorted
}
