package submission_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"iter"
	"net/url"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/notice"
	"github.com/tallystick/tallystick/gateway-app/projection"
	"github.com/tallystick/tallystick/gateway-app/report"
	"github.com/tallystick/tallystick/gateway-app/reporting"
	"github.com/tallystick/tallystick/gateway-app/store"
	"github.com/tallystick/tallystick/gateway-app/store/storetest"
	"github.com/tallystick/tallystick/gateway-app/submission"
)

const (
	millionLoans  = 1_000_000
	millionMoved  = 30_000 // that have moved since the close: a month's instalments of a day
	longestReport = 2 * time.Second
)

// millionBooks are a read model whose loans are those of a real one.
type millionBooks struct {
	*books
	model *projection.Model
}

func (b millionBooks) LoansAt(ctx context.Context, platform, custodian string, block uint64) iter.Seq2[projection.LoanAt, error] {
	return b.model.LoansAt(ctx, platform, custodian, block)
}

func (millionBooks) Currencies(context.Context, string) ([]money.Currency, error) {
	return []money.Currency{money.CNY}, nil
}

// BenchmarkReportsOfLoanBooks has a regulator take a loan book of a million loans, hold it against its read model line by
// line, and report it. The report fails the benchmark where it takes more than the target of the processor.
func BenchmarkReportsOfLoanBooks(b *testing.B) {
	db := storetest.SQLite(b)
	own := millionBooks{newBooks(), projection.NewModel(db)}
	own.open(day(2016, 3, 14))
	own.close()
	own.open(day(2016, 3, 15))
	growPositions(b, db, own.block)
	book := millionLines()
	regulator := submission.NewRegulator(db, own, notice.New(db), submission.Settings{Member: "authority", Pairs: pairsOf(), Gather: 5 * time.Millisecond})
	ctx, stop := context.WithCancel(b.Context())
	defer stop()
	go func() { _ = regulator.Run(ctx, func(err error) { b.Error(err) }) }()
	for version := int64(1); b.Loop(); version++ {
		sent := submission.Sent{Kind: submission.LoanBook, Period: "2016-03-14", Version: version, MediaType: submission.CSV}
		if version > 1 {
			sent.Reason, sent.Former = submission.OtherSystem, wire.Digest(book)
		}
		measured(b, "pack", func() {
			var err error
			if sent.Content, err = submission.PackBytes(book); err != nil {
				b.Fatal(err)
			}
		})
		measured(b, "take", func() {
			if _, err := regulator.Receive(ctx, harbor, sent); err != nil {
				b.Fatal(err)
			}
		})
		measured(b, "judge", func() { judgedMillion(b, regulator, version) })
		measured(b, "report", func() { reportMillion(b, regulator, own) })
	}
	b.ReportMetric(float64(len(book))/1e6, "MB-book")
}

func pairsOf() []projection.Pair { return []projection.Pair{{Platform: harbor, Custodian: meridian}} }

// judgedMillion waits for the verdict, which finds the thousand lines that are false.
func judgedMillion(b *testing.B, regulator *submission.Regulator, version int64) {
	b.Helper()
	for {
		r, err := regulator.Read(b.Context(), submission.Name{Platform: harbor, Kind: submission.LoanBook, Period: "2016-03-14", Version: version})
		if err != nil {
			b.Fatal(err)
		}
		if r.Judged != "" {
			if r.Verdict.Compared != millionLoans || r.Verdict.Found != 1_000 {
				b.Fatalf("%d lines were compared, and %d found", r.Verdict.Compared, r.Verdict.Found)
			}
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func reportMillion(b *testing.B, regulator *submission.Regulator, own millionBooks) {
	b.Helper()
	m := reporting.Member{ID: "authority", Kind: party.Regulator, Pairs: pairsOf()}
	r, _ := reporting.New(party.Regulator, reporting.Reconciliation(m, own, regulator)).Find("reconciliation")
	before := processor(b)
	d, err := r.Run(b.Context(), url.Values{"platform": {harbor}, "day": {"2016-03-14"}}, "")
	if err != nil {
		b.Fatal(err)
	}
	if _, err := report.NewRenderer(nil).Render(d, report.JSON, report.EN); err != nil {
		b.Fatal(err)
	}
	if took := processor(b) - before; took > longestReport {
		b.Errorf("the report took %s of the processor, more than %s", took, longestReport)
	}
	if len(d.Tables) != 2 || len(d.Tables[1].Rows) != 1_000 {
		b.Errorf("the report has %d tables", len(d.Tables))
	}
}

// measured reports what a step takes of the clock and the processor, and the largest heap meanwhile.
func measured(b *testing.B, name string, step func()) {
	b.Helper()
	runtime.GC()
	var peak atomic.Uint64
	done := make(chan struct{})
	go func() {
		var m runtime.MemStats
		for {
			runtime.ReadMemStats(&m)
			peak.Store(max(peak.Load(), m.HeapInuse))
			select {
			case <-done:
				return
			case <-time.After(100 * time.Millisecond):
			}
		}
	}()
	began, before := time.Now(), processor(b)
	step()
	b.ReportMetric(float64((processor(b) - before).Milliseconds()), name+"-cpu-ms")
	b.ReportMetric(float64(time.Since(began).Milliseconds()), name+"-ms")
	close(done)
	b.ReportMetric(float64(peak.Load())/1e6, name+"-MB-heap")
}

// processor is what the process has used of the processor.
func processor(b *testing.B) time.Duration {
	b.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// millionHandle is a handle, which like all of them has no order.
func millionHandle(n int) string {
	sum := sha256.Sum256(strconv.AppendInt(nil, int64(n), 10))
	return hex.EncodeToString(sum[:16])
}

// millionLines is the book in CSV, of which every thousandth line is false.
func millionLines() []byte {
	var text bytes.Buffer
	text.WriteString(head)
	for n := range millionLoans {
		outstanding := 1_200_000 - n%1_000
		if n < millionMoved {
			outstanding = 1_200_000
		}
		if n%1_000 == 0 {
			outstanding -= 7
		}
		fmt.Fprintf(&text, "%s,active,1200000,%d,0\n", wire.LoanID("lending", harbor, millionHandle(n)), outstanding)
	}
	return text.Bytes()
}

// growPositions fills the read model with a million loans, of which some have moved since the close.
func growPositions(b *testing.B, db *store.DB, now uint64) {
	b.Helper()
	one := newBooks()
	one.lend(1, day(2016, 3, 1))
	const atOnce = 500
	for first := 0; first < millionLoans; first += atOnce {
		err := db.Write(b.Context(), func(tx *sql.Tx) error {
			rows, args := make([]string, 0, atOnce), make([]any, 0, 4*atOnce)
			for n := first; n < first+atOnce; n++ {
				id, block := wire.LoanID("lending", harbor, millionHandle(n)), uint64(1)
				if n < millionMoved {
					block = now
					if err := growEvents(b.Context(), tx, millionHandle(n), one.steps[handle(1)]); err != nil {
						return err
					}
				}
				p := len(args)
				rows = append(rows, fmt.Sprintf("($%d, $%d, 'harbor', 'meridian', '', 'active', '', 12, '2016-03', 0, 1200000, $%d, 0, '2016-04-01', 0, 0, $%d)", p+1, p+2, p+3, p+4))
				args = append(args, id, n, 1_200_000-n%1_000, int64(block))
			}
			_, err := tx.ExecContext(b.Context(), `INSERT INTO rm_position VALUES `+strings.Join(rows, ", "), args...)
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}

// growEvents gives a loan the history of another one.
func growEvents(ctx context.Context, tx *sql.Tx, handle string, steps []projection.Step) error {
	for i, step := range steps {
		text := strings.ReplaceAll(string(step.Event), handleOfOne, handle)
		if !json.Valid([]byte(text)) {
			return fmt.Errorf("event %d is no JSON", i)
		}
		const query = `INSERT INTO rm_event (collection, noun, id, seq, sequence, block, tx_id, at, kind, dated, event)
			VALUES ('harbor-meridian', 'loan', $1, $2, 1, 1, 'tx', '', $3, '', $4)`
		if _, err := tx.ExecContext(ctx, query, handle, i, step.Kind, text); err != nil {
			return err
		}
	}
	return nil
}

var handleOfOne = handle(1)
