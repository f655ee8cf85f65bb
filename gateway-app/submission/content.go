package submission

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"github.com/tallystick/tallystick/core/fault"
)

const (
	// LongestContent is the longest content of a statement, in bytes when unpacked: two million lines of a loan book.
	LongestContent = 192 << 20
	// LongestPacked is the longest content of a statement in the form in which it is kept and handed in.
	LongestPacked = 96 << 20

	pieceBytes = 1 << 20 // the longest piece of a packed content
)

// Content is what a statement says. It is packed as gzip, in pieces of at most a mebibyte that are held in memory or lie
// in the database; nobody holds a long one unpacked. The digest is of the unpacked bytes.
type Content struct {
	Digest string
	Bytes  int64 // when unpacked

	pieces func(ctx context.Context, n int) ([]byte, error) // the n-th piece from 0, io.EOF after the last
}

// Pack reads a content whole. One that is longer than a statement may be is refused.
func Pack(from io.Reader) (Content, error) {
	packed, digest := &pieces{}, sha256.New()
	zipped, err := gzip.NewWriterLevel(packed, gzip.BestSpeed) // with no name and no time: the same bytes make the same pieces
	if err != nil {
		return Content{}, err
	}
	n, err := io.Copy(io.MultiWriter(zipped, digest), io.LimitReader(from, LongestContent+1))
	switch {
	case errors.Is(err, errPacked):
		return Content{}, tooLong(LongestPacked, "bytes when packed")
	case err != nil:
		return Content{}, fmt.Errorf("pack a statement: %w", err)
	case n > LongestContent:
		return Content{}, tooLong(LongestContent, "bytes")
	}
	if err := zipped.Close(); err != nil {
		return Content{}, tooLong(LongestPacked, "bytes when packed")
	}
	return Content{hex.EncodeToString(digest.Sum(nil)), n, packed.at}, nil
}

// PackBytes packs a content that somebody holds already.
func PackBytes(text []byte) (Content, error) { return Pack(bytes.NewReader(text)) }

// Repack packs anew what came as gzip, however it was packed.
func Repack(from io.Reader) (Content, error) {
	source := &coming{from: from}
	var c Content
	unpacked, err := gzip.NewReader(source)
	if err == nil {
		c, err = Pack(unpacked)
	}
	var form *FormError
	switch {
	case err == nil || errors.As(err, &form):
		return c, err
	case source.failed != nil:
		return Content{}, fmt.Errorf("unpack a statement: %w", source.failed)
	}
	return Content{}, &FormError{
		Fault: fault.In(fault.MalformedRequest, "Content-Encoding"), Remedy: "send the body whole and as gzip writes it, or without Content-Encoding",
	}
}

// coming remembers why what it reads from ended early: that is no fault of what it read.
type coming struct {
	from   io.Reader
	failed error
}

// Read reads on.
func (c *coming) Read(into []byte) (int, error) {
	n, err := c.from.Read(into)
	if err != nil && !errors.Is(err, io.EOF) {
		c.failed = err
	}
	return n, err
}

// Open reads the unpacked content.
func (c Content) Open(ctx context.Context) io.Reader { return &unpacking{packed: c.Packed(ctx)} }

// Packed reads the content as it is kept.
func (c Content) Packed(ctx context.Context) io.Reader { return &reading{ctx: ctx, of: c} }

// All is a content whole, of which the caller knows that it is short.
func (c Content) All(ctx context.Context) ([]byte, error) {
	text, err := io.ReadAll(c.Open(ctx))
	if err != nil {
		return nil, fmt.Errorf("read a statement: %w", err)
	}
	return text, nil
}

// pieces keeps a packed content in memory, in pieces.
type pieces struct {
	full  [][]byte
	bytes int
}

// errPacked ends the packing of what does not fit.
var errPacked = errors.New("the packed content is too long")

// Write adds to the last piece, or begins another one.
func (p *pieces) Write(part []byte) (int, error) {
	if p.bytes+len(part) > LongestPacked {
		return 0, errPacked
	}
	for rest := part; len(rest) > 0; {
		if n := len(p.full); n == 0 || len(p.full[n-1]) == pieceBytes {
			p.full = append(p.full, nil)
		}
		last := &p.full[len(p.full)-1]
		fits := min(len(rest), pieceBytes-len(*last))
		*last, rest = append(*last, rest[:fits]...), rest[fits:]
	}
	p.bytes += len(part)
	return len(part), nil
}

func (p *pieces) at(_ context.Context, n int) ([]byte, error) {
	if n >= len(p.full) {
		return nil, io.EOF
	}
	return p.full[n], nil
}

// reading reads one piece after the other, and holds one at a time.
type reading struct {
	ctx  context.Context
	of   Content
	next int
	rest []byte
}

// Read reads from the piece that is held, or fetches the next one.
func (r *reading) Read(into []byte) (int, error) {
	for len(r.rest) == 0 {
		if r.of.pieces == nil {
			return 0, io.EOF
		}
		if err := r.ctx.Err(); err != nil {
			return 0, err
		}
		piece, err := r.of.pieces(r.ctx, r.next)
		if err != nil {
			return 0, err
		}
		r.rest, r.next = piece, r.next+1
	}
	n := copy(into, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

// unpacking unpacks what it reads, from the first time that it is read.
type unpacking struct {
	packed io.Reader
	gzip   *gzip.Reader
}

// Read reads unpacked bytes.
func (u *unpacking) Read(into []byte) (int, error) {
	if u.gzip == nil {
		opened, err := gzip.NewReader(u.packed)
		if err != nil {
			return 0, fmt.Errorf("open a statement that is kept: %w", err)
		}
		u.gzip = opened
	}
	return u.gzip.Read(into)
}
