package access_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/gateway-app/access"
	"github.com/tallystick/tallystick/gateway-app/store"
	"github.com/tallystick/tallystick/gateway-app/store/storetest"
)

func caller(id string, roles ...access.Role) access.Principal {
	return access.Principal{ID: id, Kind: access.KindUser, Roles: roles}
}

// plainSeal leaves a value readable, bound to its place all the same.
type plainSeal struct{}

func (plainSeal) Seal(table, row, column string, plain []byte) ([]byte, error) {
	return []byte(table + "/" + row + "/" + column + "=" + string(plain)), nil
}

func (plainSeal) Open(table, row, column string, sealed []byte) ([]byte, error) {
	plain, here := strings.CutPrefix(string(sealed), table+"/"+row+"/"+column+"=")
	if !here {
		return nil, errors.New("the value was sealed elsewhere")
	}
	return []byte(plain), nil
}

func asking(body, command string) access.Ask {
	return access.Ask{Operation: "loan.write_off", Subject: "loan-1", Body: []byte(body), CommandID: command}
}

// needs asks for a write-off and wants to be told which approval it takes.
func needs(t *testing.T, a *access.Approvals, p access.Principal, body, command string) access.Approval {
	t.Helper()
	_, err := a.Redeem(context.Background(), p, asking(body, command))
	var needed *access.ApprovalNeeded
	if !errors.As(err, &needed) {
		t.Fatalf("got %v", err)
	}
	return needed.Approval
}

func TestASecondUserApprovesOneCommand(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx, at := context.Background(), &clock{time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)}
		a := access.NewApprovals(db, builtIn(t), plainSeal{}, nil, at.now)
		anna, ben := caller("anna", access.Supervisor), caller("ben", access.Supervisor)
		asked := needs(t, a, anna, "body", "command-1")
		if again := needs(t, a, anna, "body", "command-1"); again.ID != asked.ID {
			t.Error("asking again asked anew")
		}
		key := ben
		key.Kind = access.KindKey
		for name, p := range map[string]access.Principal{
			"the same user": anna, "somebody without the right": caller("olga", access.PlatformOperator), "a key": key,
		} {
			if _, err := a.Approve(ctx, p, asked.ID); !errors.Is(err, fault.New(fault.WrongRole)) {
				t.Errorf("%s approved: %v", name, err)
			}
		}
		if got, err := a.Approve(ctx, ben, asked.ID); err != nil || got.DecidedBy != "ben" {
			t.Fatalf("got %+v, %v", got, err)
		}
		if _, err := a.Approve(ctx, ben, asked.ID); !errors.Is(err, fault.New(fault.WrongStatus)) {
			t.Errorf("approved twice: %v", err)
		}
		needs(t, a, anna, "another body", "command-1")
		needs(t, a, ben, "body", "command-1") // of another user
		for range 2 {                         // the second is the same command after a crash
			if got, err := a.Redeem(ctx, anna, asking("body", "command-1")); err != nil || got.ID != asked.ID || got.DecidedBy != "ben" {
				t.Errorf("got %+v, %v", got, err)
			}
		}
		if other := needs(t, a, anna, "body", "command-2"); other.ID == asked.ID {
			t.Error("one approval let two commands through")
		}
	})
}

func TestADeclinedOrExpiredApprovalLetsNothingThrough(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx, at := context.Background(), &clock{time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)}
		a := access.NewApprovals(db, builtIn(t), plainSeal{}, nil, at.now)
		anna, ben := caller("anna", access.Supervisor), caller("ben", access.Supervisor)
		asked := needs(t, a, anna, "body", "command")
		if _, err := a.Decline(ctx, ben, asked.ID); err != nil {
			t.Fatal(err)
		}
		if again := needs(t, a, anna, "body", "command"); again.ID != asked.ID || again.Status != access.Declined {
			t.Errorf("got %+v", again)
		}
		own := needs(t, a, anna, "second", "command")
		if got, err := a.Decline(ctx, anna, own.ID); err != nil || got.Status != access.Declined {
			t.Errorf("nobody may take back what they asked for: %+v, %v", got, err)
		}
		late := needs(t, a, anna, "third", "command")
		at.pass(8 * 24 * time.Hour)
		if _, err := a.Approve(ctx, ben, late.ID); !errors.Is(err, fault.New(fault.WrongStatus)) {
			t.Errorf("approved after a week: %v", err)
		}
		list, err := a.List(ctx, access.Declined, "", 10)
		if err != nil || len(list) != 2 {
			t.Errorf("got %+v, %v", list, err)
		}
	})
}

func TestOneApprovalAndManyCommandsAtOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx := context.Background()
		a := access.NewApprovals(db, builtIn(t), plainSeal{}, nil, nil)
		anna := caller("anna", access.Supervisor)
		asked := needs(t, a, anna, "body", "command-0")
		if _, err := a.Approve(ctx, caller("ben", access.Supervisor), asked.ID); err != nil {
			t.Fatal(err)
		}
		var wait sync.WaitGroup
		var lock sync.Mutex
		through := 0
		for i := range 8 {
			wait.Go(func() {
				if _, err := a.Redeem(ctx, anna, asking("body", string(rune('a'+i)))); err == nil {
					lock.Lock()
					through++
					lock.Unlock()
				}
			})
		}
		wait.Wait()
		if through != 1 {
			t.Errorf("%d commands came through", through)
		}
	})
}
