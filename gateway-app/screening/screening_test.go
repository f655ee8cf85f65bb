package screening_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/gateway-app/screening"
	"github.com/tallystick/tallystick/gateway-app/store"
	"github.com/tallystick/tallystick/gateway-app/store/storetest"
)

type people []screening.Subject

func (p people) EachSubject(_ context.Context, visit func(screening.Subject) error) error {
	for _, s := range p {
		if err := visit(s); err != nil {
			return err
		}
	}
	return nil
}

type scene struct {
	*screening.Screening
	t *testing.T
}

func each(t *testing.T, run func(scene)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s, err := screening.New(db, 0)
		if err != nil {
			t.Fatal(err)
		}
		run(scene{s, t})
	})
}

func (s scene) load(text string, wantChanged bool) {
	s.t.Helper()
	list, changed, err := s.Load(s.t.Context(), "un", "u1", strings.NewReader("number,name,aliases,born\n"+text))
	if err != nil || changed != wantChanged {
		s.t.Fatalf("loaded %+v, changed %v, %v", list, changed, err)
	}
}

func (s scene) rescreen(p people, screened, current int, hits int64) {
	s.t.Helper()
	got, err := s.Rescreen(s.t.Context(), p)
	if want := (screening.Rescreened{Screened: screened, Current: current, Hits: hits}); err != nil || got != want {
		s.t.Errorf("re-screened %+v, %v; want %+v", got, err, want)
	}
}

func (s scene) standing(subject string, want screening.Standing) {
	s.t.Helper()
	if got, err := s.Standing(s.t.Context(), nil, screening.Subject{ID: subject}); err != nil || got != want {
		s.t.Errorf("%s stands %+v, %v; want %+v", subject, got, err, want)
	}
}

var customers = people{
	{ID: "p1", Name: "单田芳", Born: "1934-12-17"}, {ID: "p2", Name: "张伟", Born: "1990-03-07"}, {ID: "p3", Name: "王芳"},
}

// A list changes, everybody is screened again, a person decides, and the decision outlives the next list.
func TestAListChanges(t *testing.T) {
	each(t, func(s scene) {
		s.standing("p1", screening.Standing{})
		s.load("1,Shan Tianfang,,\n", true)
		s.load("1,Shan Tianfang,,\n", false)
		s.rescreen(customers, 3, 0, 1)
		s.rescreen(customers, 0, 3, 0)
		s.standing("p1", screening.Standing{Current: true, Open: 1})
		s.standing("p2", screening.Standing{Current: true})
		hits, err := s.HitsOf(s.t.Context(), "p1")
		if err != nil || len(hits) != 1 || hits[0].ScorePPM != 950_000 || hits[0].Rule != screening.SamePinyin || hits[0].Listed.Name != "Shan Tianfang" {
			t.Fatalf("hits %+v, %v", hits, err)
		}
		if _, err := s.Decide(s.t.Context(), screening.Decision{Hit: hits[0].ID, By: "u2", Reason: "other_person"}); err != nil {
			t.Fatal(err)
		}
		s.load("1,Shan Tianfang,,\n2,章炜,,1990-03-07\n", true)
		s.standing("p1", screening.Standing{})
		s.rescreen(customers, 3, 0, 1)
		s.standing("p1", screening.Standing{Current: true})
		s.standing("p2", screening.Standing{Current: true, Open: 1})
		open, err := s.Hits(s.t.Context(), screening.Open, "", 10)
		if err != nil || len(open) != 1 || open[0].Subject != "p2" || open[0].Rule != screening.Homophone {
			t.Errorf("open hits %+v, %v", open, err)
		}
	})
}

// An entry that is changed hits anew; one that is taken off lapses, and comes back open.
func TestEntriesComeAndGo(t *testing.T) {
	each(t, func(s scene) {
		s.load("1,张伟,,\n", true)
		s.rescreen(customers, 3, 0, 1)
		s.load("1,张伟,,1955\n", true)
		s.standing("p2", screening.Standing{})
		s.rescreen(customers, 3, 0, 0) // born in another generation: 800,000
		s.standing("p2", screening.Standing{Current: true})
		s.load("1,张伟,,\n", true)
		s.rescreen(customers, 3, 0, 1)
		s.standing("p2", screening.Standing{Current: true, Open: 1})
	})
}

func TestDecisions(t *testing.T) {
	each(t, func(s scene) {
		s.load("1,张伟,,\n", true)
		standing, err := s.Screen(s.t.Context(), customers[1])
		if err != nil || standing.Open != 1 || standing.Clear() {
			t.Fatalf("stands %+v, %v", standing, err)
		}
		hits, err := s.HitsOf(s.t.Context(), "p2")
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			d    screening.Decision
			want fault.Code
		}{
			{screening.Decision{Hit: hits[0].ID, Reason: "x"}, fault.MissingField},
			{screening.Decision{Hit: hits[0].ID, By: "u1"}, fault.MissingField},
			{screening.Decision{Hit: "none", By: "u1", Reason: "x"}, fault.NotFound},
		} {
			if _, err := s.Decide(s.t.Context(), c.d); !errors.Is(err, fault.New(c.want)) {
				t.Errorf("%+v: %v", c.d, err)
			}
		}
		if _, err := s.Decide(s.t.Context(), screening.Decision{Hit: hits[0].ID, Confirmed: true, By: "u1", Reason: "same_number"}); err != nil {
			t.Fatal(err)
		}
		s.standing("p2", screening.Standing{Current: true, Confirmed: 1})
		s.load("2,李四,,\n", true)
		s.rescreen(customers, 3, 0, 0)
		s.standing("p2", screening.Standing{Current: true, Confirmed: 1}) // what a person confirmed does not lapse
	})
}

// Who is called otherwise, or was born on another day, is somebody else to the lists: screened again, and what was
// decided of the other one says nothing.
func TestAChangedPersonIsScreenedAgain(t *testing.T) {
	each(t, func(s scene) {
		ctx := s.t.Context()
		s.load("1,张伟,,\n", true)
		before := screening.Subject{ID: "p2", Name: "章炜", Mark: "a"}
		s.rescreen(people{before}, 1, 0, 1)
		hits, err := s.HitsOf(ctx, "p2")
		if err != nil || len(hits) != 1 || hits[0].Rule != screening.Homophone {
			t.Fatalf("hits %+v, %v", hits, err)
		}
		if _, err := s.Decide(ctx, screening.Decision{Hit: hits[0].ID, By: "u1", Reason: "other_person"}); err != nil {
			t.Fatal(err)
		}
		s.rescreen(people{before}, 0, 1, 0)
		after := screening.Subject{ID: "p2", Name: "张伟", Mark: "b"}
		if got, err := s.Standing(ctx, nil, after); err != nil || got.Current {
			t.Errorf("screened under another name, stands %+v, %v", got, err)
		}
		s.rescreen(people{after}, 1, 0, 1)
		if got, err := s.Standing(ctx, nil, after); err != nil || !got.Current || got.Open != 1 {
			t.Errorf("stands %+v, %v", got, err)
		}
		if hits, err = s.HitsOf(ctx, "p2"); err != nil || hits[0].ScorePPM != 1_000_000 {
			t.Errorf("hits %+v, %v", hits, err)
		}
	})
}
