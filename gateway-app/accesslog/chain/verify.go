package chain

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
)

// The kinds of findings.
const (
	Altered    = "altered"    // the row, or what it says, is not what was hashed
	Missing    = "missing"    // a row is not there
	Moved      = "moved"      // a row stands in another's place
	Detached   = "detached"   // the row does not follow from the one before it: one of the two was rewritten
	Unanchored = "unanchored" // a head on the ledger is the hash of no row: rows were rewritten or cut off
)

// Finding is the first thing that is wrong with a log.
type Finding struct {
	Kind     string `json:"kind"`
	Sequence int64  `json:"sequence,string"` // the row it is about; 0 where only a head is known
	Detail   string `json:"detail"`
}

// Error names the row and what is wrong with it.
func (f *Finding) Error() string {
	if f.Sequence == 0 {
		return fmt.Sprintf("the access log is broken (%s): %s", f.Kind, f.Detail)
	}
	return fmt.Sprintf("the access log is broken at row %d (%s): %s", f.Sequence, f.Kind, f.Detail)
}

// Head is a hash that was anchored. Sequence is its row where that is known, else 0.
type Head struct {
	Sequence int64  `json:"sequence,string"`
	Hash     string `json:"hash"`
}

// Verdict is what a whole log was found to be.
type Verdict struct {
	Rows     int64  `json:"rows"`
	Withheld int64  `json:"withheld"` // of these: their place was verified, and what they say was not
	Head     string `json:"head"`
	Heads    int    `json:"heads"`         // anchored heads that were found in it
	Latest   int64  `json:"latest,string"` // the last row that an anchored head covers
}

// Verify recomputes the chain over every row in the order given, withheld or not, and looks for every anchored
// head in it. It guarantees: a nil error means that the rows are exactly those that the last head was computed
// over, from the first on, and that what is shown of them is what was written. A broken chain is a *Finding.
func Verify(rows iter.Seq2[Row, error], heads []Head) (Verdict, error) {
	verdict := Verdict{Head: Genesis}
	wanted := map[string][]Head{}
	for _, head := range heads {
		wanted[head.Hash] = append(wanted[head.Hash], head)
	}
	next, stop := iter.Pull2(rows)
	defer stop()
	for {
		row, err, ok := next()
		if !ok {
			break
		}
		if err != nil {
			return verdict, err
		}
		if finding := verdict.follow(row); finding != nil {
			return verdict, finding.explained(row, next)
		}
		for _, head := range wanted[row.Hash] {
			if head.Sequence != 0 && head.Sequence != row.Sequence {
				return verdict, &Finding{Unanchored, head.Sequence, fmt.Sprintf("the anchored hash stands at row %d", row.Sequence)}
			}
			verdict.Heads++
			verdict.Latest = row.Sequence
		}
		delete(wanted, row.Hash)
	}
	for _, head := range heads {
		if left := wanted[head.Hash]; left != nil {
			return verdict, &Finding{Unanchored, head.Sequence, "no row has the hash " + head.Hash + " that is anchored on the ledger: rows were rewritten or cut off"}
		}
	}
	return verdict, nil
}

// follow takes the next row in, or says why it cannot be the next.
func (v *Verdict) follow(row Row) *Finding {
	expected := v.Rows + 1
	hash, err := row.rowHash()
	switch {
	case err != nil:
		return &Finding{Altered, row.Sequence, err.Error()}
	case row.Sequence != expected:
		return &Finding{Missing, expected, fmt.Sprintf("row %d stands in its place", row.Sequence)}
	case hash != row.Hash:
		return &Finding{Altered, expected, "it has the hash " + hash + ", not " + row.Hash}
	case row.Previous != v.Head:
		return &Finding{Detached, expected, fmt.Sprintf("it follows %s, but row %d has the hash %s", row.Previous, v.Rows, v.Head)}
	}
	if finding := v.compare(row); finding != nil {
		return finding
	}
	v.Rows, v.Head = expected, hash
	return nil
}

// compare holds what a row says against its digest. Of a withheld row there is nothing to compare; one that
// says something without its salt is none.
func (v *Verdict) compare(row Row) *Finding {
	if row.Withheld() {
		v.Withheld++
		return nil
	}
	digest, err := row.contentDigest()
	switch {
	case err != nil:
		return &Finding{Altered, row.Sequence, err.Error()}
	case digest != row.Digest:
		return &Finding{Altered, row.Sequence, "what it says has the digest " + digest + ", not " + row.Digest}
	}
	return nil
}

// searched bounds how far a finding looks for the place that a row came from.
const searched = 1 << 20

// explained tells a missing row from one that stands further on, and an altered row from one that was
// renumbered.
func (f *Finding) explained(row Row, next func() (Row, error, bool)) *Finding {
	switch f.Kind {
	case Missing:
		if row.Sequence < f.Sequence {
			f.Kind = Moved
			return f
		}
		for range searched {
			later, err, ok := next()
			if !ok || err != nil {
				return f
			}
			if later.Sequence == f.Sequence {
				f.Kind = Moved
				f.Detail += ", and it stands further on"
				return f
			}
		}
	case Altered:
		if from, ok := origin(row); ok {
			return &Finding{Moved, f.Sequence, fmt.Sprintf("what stands here was written as row %d", from)}
		}
	}
	return f
}

// origin finds the number under which the row has the hash that it carries.
func origin(row Row) (int64, bool) {
	stands := row.Sequence
	for distance := int64(1); distance <= searched>>6; distance++ {
		for _, candidate := range []int64{stands - distance, stands + distance} {
			if candidate < 1 {
				continue
			}
			row.Sequence = candidate
			if hash, err := row.rowHash(); err == nil && hash == row.Hash {
				return candidate, true
			}
		}
	}
	return 0, false
}

// Read reads an exported log: one row of JSON a line.
func Read(from io.Reader) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		decoder := json.NewDecoder(from)
		decoder.DisallowUnknownFields()
		for line := int64(1); ; line++ {
			var row Row
			err := decoder.Decode(&row)
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				yield(Row{}, fmt.Errorf("read line %d of the access log: %w", line, err))
				return
			}
			if !yield(row, nil) {
				return
			}
		}
	}
}
