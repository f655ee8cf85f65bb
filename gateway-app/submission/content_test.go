package submission_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/store"
	"github.com/tallystick/tallystick/gateway-app/store/storetest"
	"github.com/tallystick/tallystick/gateway-app/submission"
)

// A long content is kept in pieces of at most a mebibyte, packed, and is read as it was stated; the same bytes make the same
// pieces on both sides.
func TestALongContentIsKeptInPieces(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		other := storetest.SQLite(t)
		w := newWorld(t, db, other)
		w.overdueMonth()
		random := rand.New(rand.NewPCG(1, 2))
		var book strings.Builder
		book.WriteString(head)
		for range 60_000 {
			book.WriteString(row(random.IntN(1<<60), "active", 1_200_000, 600_000, 0))
		}
		made, err := w.handIn("2016-03-14", submission.CSV, book.String())
		if err != nil || made.Bytes != int64(book.Len()) || made.Digest != wire.Digest([]byte(book.String())) {
			t.Fatalf("it became %+v, %v", made, err)
		}
		w.run(func() bool {
			w.later(time.Minute)
			return w.last(w.platform, submission.LoanBook, "2016-03-14").State == submission.Rejected
		})
		mine, theirs := kept(t, db), kept(t, other)
		if len(mine) < 2 || len(mine) != len(theirs) {
			t.Fatalf("it is kept in %d pieces, and in %d", len(mine), len(theirs))
		}
		for i := range mine {
			if !bytes.Equal(mine[i], theirs[i]) || len(mine[i]) > 1<<20 {
				t.Errorf("piece %d has %d bytes, and %d", i, len(mine[i]), len(theirs[i]))
			}
		}
		_, content, err := w.regulator.Open(t.Context(), made.Name)
		w.done(err)
		read, err := io.ReadAll(content.Open(t.Context()))
		if err != nil || string(read) != book.String() {
			t.Errorf("read are %d bytes of %d, %v", len(read), book.Len(), err)
		}
	})
}

func kept(t *testing.T, db *store.DB) (list [][]byte) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), `SELECT data FROM submission_content ORDER BY piece`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var data []byte
		if err := rows.Scan(&data); err != nil {
			t.Fatal(err)
		}
		list = append(list, data)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return list
}

// A content that was handed in and waits is asked after by its digest, and does not go again.
func TestAContentGoesOnce(t *testing.T) {
	w := ahead(t, func(*world) {})
	r, err := w.handIn("2016-01-29", submission.CSV, head)
	if err != nil || r.State != submission.Received || w.whole != 1 {
		t.Fatalf("after %d contents it became %+v, %v", w.whole, r, err)
	}
	w.later(time.Minute)
	w.seen.close()
	w.run(func() bool {
		return w.last(w.platform, submission.LoanBook, "2016-01-29").Judged == submission.Rejected
	})
	if w.whole != 1 || w.asked == 0 {
		t.Errorf("the content went %d times, and was asked after %d times", w.whole, w.asked)
	}
}

// What does not fit is refused as it comes, with the limit and what to do.
func TestAContentHasALimit(t *testing.T) {
	_, err := submission.Pack(io.LimitReader(zeros{}, submission.LongestContent+1))
	var form *submission.FormError
	if !errors.As(err, &form) || form.Code != fault.BatchTooLarge || form.Limit != submission.LongestContent {
		t.Errorf("too long: %v", err)
	}
	if c, err := submission.Pack(io.LimitReader(zeros{}, submission.LongestContent)); err != nil || c.Bytes != submission.LongestContent {
		t.Errorf("as long as it may be: %d bytes, %v", c.Bytes, err)
	}
	if _, err := submission.Pack(io.LimitReader(rand.NewChaCha8([32]byte{}), submission.LongestPacked+1)); !errors.As(err, &form) || form.Limit != submission.LongestPacked {
		t.Errorf("what cannot be packed: %v", err)
	}
}

// What came as gzip is packed anew; what keeps it from coming is no fault of its form.
func TestRepacking(t *testing.T) {
	var zipped bytes.Buffer
	z, _ := gzip.NewWriterLevel(&zipped, gzip.BestCompression)
	_, err := z.Write([]byte(strings.Repeat(head, 100)))
	if err = errors.Join(err, z.Close()); err != nil {
		t.Fatal(err)
	}
	c, err := submission.Repack(bytes.NewReader(zipped.Bytes()))
	if err != nil || c.Digest != wire.Digest([]byte(strings.Repeat(head, 100))) {
		t.Errorf("it is %+v, %v", c, err)
	}
	for what, text := range map[string][]byte{"cut": zipped.Bytes()[:40], "with something after it": append(zipped.Bytes(), "x"...), "plain": []byte(head)} {
		var form *submission.FormError
		if _, err := submission.Repack(bytes.NewReader(text)); !errors.As(err, &form) || form.Field != "Content-Encoding" {
			t.Errorf("%s: %v", what, err)
		}
	}
	broken := errors.New("the line is dead")
	_, err = submission.Repack(io.MultiReader(bytes.NewReader(zipped.Bytes()[:40]), dead{broken}))
	var form *submission.FormError
	if !errors.Is(err, broken) || errors.As(err, &form) {
		t.Errorf("a body that never came whole: %v", err)
	}
}

type zeros struct{}

func (zeros) Read(into []byte) (int, error) { clear(into); return len(into), nil }

type dead struct{ err error }

func (d dead) Read([]byte) (int, error) { return 0, d.err }
