package documents

import (
	"context"
	"crypto/hmac"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"

	"github.com/tallystick/tallystick/core/fault"
)

// Open answers a document and a reader of its plain text, to be closed. Every read is verified before it
// is handed on; one that meets a change ends with ErrTampered, and so does the end of a file that as a
// whole is not what was put.
func (s *Store) Open(ctx context.Context, id string) (Document, io.ReadCloser, error) {
	d, err := s.Find(ctx, id)
	if err != nil {
		return Document{}, nil, err
	}
	c, found, err := findContent(ctx, s.db, d.Address)
	if err != nil {
		return Document{}, nil, fmt.Errorf("open document %s: %w", id, err)
	}
	if !found {
		return Document{}, nil, fault.In(fault.NotFound, "document")
	}
	reader, err := s.openContent(c)
	if err != nil {
		return Document{}, nil, fmt.Errorf("open document %s: %w", id, err)
	}
	return d, reader, nil
}

func (s *Store) openContent(c content) (io.ReadCloser, error) {
	key, algorithm, err := s.key(c)
	if err != nil {
		return nil, err
	}
	aead, err := algorithm.GCM(key)
	if err != nil {
		return nil, err
	}
	file, err := os.Open(filepath.Join(s.folder, c.file))
	if err != nil {
		return nil, fmt.Errorf("%w: restore the documents folder from its backup", errors.Join(ErrTampered, err))
	}
	return &plainReader{file: file, segments: newOpener(file, aead), sum: s.addressHash(), address: c.address}, nil
}

// plainReader compares the whole with its address when the last byte was read.
type plainReader struct {
	file     *os.File
	segments *opener
	sum      hash.Hash
	address  string
}

func (r *plainReader) Read(into []byte) (int, error) {
	n, err := r.segments.Read(into)
	r.sum.Write(into[:n])
	if !errors.Is(err, io.EOF) {
		return n, err
	}
	if want, decodeErr := hex.DecodeString(r.address); decodeErr != nil || !hmac.Equal(want, r.sum.Sum(nil)) {
		return n, fmt.Errorf("the content is not what its address says: %w", ErrTampered)
	}
	return n, io.EOF
}

func (r *plainReader) Close() error { return r.file.Close() }
