package documents

import (
	"bufio"
	"crypto/cipher"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// segmentBytes is how much plain text one segment seals.
const segmentBytes = 64 << 10

// nonceOf numbers a segment. Every content has a key of its own, so no nonce is ever used twice.
func nonceOf(cipher cipher.AEAD, number uint32, last bool) []byte {
	nonce := make([]byte, cipher.NonceSize())
	binary.BigEndian.PutUint32(nonce[len(nonce)-5:], number)
	if last {
		nonce[len(nonce)-1] = 1
	}
	return nonce
}

// sealer encrypts what is written to it. Close writes the last segment.
type sealer struct {
	out    io.Writer
	cipher cipher.AEAD
	number uint32
	held   []byte
}

func (s *sealer) Write(plain []byte) (int, error) {
	written := len(plain)
	for len(plain) > 0 {
		if len(s.held) == segmentBytes {
			if err := s.flush(false); err != nil {
				return 0, err
			}
		}
		n := min(segmentBytes-len(s.held), len(plain))
		s.held = append(s.held, plain[:n]...)
		plain = plain[n:]
	}
	return written, nil
}

func (s *sealer) flush(last bool) error {
	if _, err := s.out.Write(s.cipher.Seal(nil, nonceOf(s.cipher, s.number, last), s.held, nil)); err != nil {
		return fmt.Errorf("write segment %d: %w", s.number, err)
	}
	s.number++
	s.held = s.held[:0]
	return nil
}

func (s *sealer) Close() error { return s.flush(true) }

// opener decrypts a file of segments. It hands on verified bytes only, and ends without an error only
// behind the last segment.
type opener struct {
	in     *bufio.Reader
	cipher cipher.AEAD
	number uint32
	plain  []byte
	done   bool
}

func newOpener(in io.Reader, aead cipher.AEAD) *opener {
	return &opener{in: bufio.NewReaderSize(in, segmentBytes+aead.Overhead()+1), cipher: aead}
}

func (o *opener) Read(into []byte) (int, error) {
	for len(o.plain) == 0 {
		if o.done {
			return 0, io.EOF
		}
		if err := o.next(); err != nil {
			return 0, err
		}
	}
	n := copy(into, o.plain)
	o.plain = o.plain[n:]
	return n, nil
}

func (o *opener) next() error {
	sealed := make([]byte, segmentBytes+o.cipher.Overhead())
	n, err := io.ReadFull(o.in, sealed)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("read segment %d: %w", o.number, errors.Join(ErrTampered, err))
	}
	_, err = o.in.Peek(1)
	last := errors.Is(err, io.EOF)
	o.plain, err = o.cipher.Open(sealed[:0], nonceOf(o.cipher, o.number, last), sealed[:n], nil)
	if err != nil {
		return fmt.Errorf("read segment %d: %w", o.number, ErrTampered)
	}
	o.number++
	o.done = last
	return nil
}
