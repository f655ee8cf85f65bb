package documents

import (
	"context"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/gateway-app/store"
	"github.com/tallystick/tallystick/gateway-app/vault"
)

// What uploading and reading can meet.
var (
	// ErrTooLarge is a document above the limit.
	ErrTooLarge = errors.New("the document is larger than allowed")
	// ErrMediaType is a document whose content is of no allowed kind.
	ErrMediaType = errors.New("the document is of no allowed media type")
	// ErrEmpty is a document without a byte.
	ErrEmpty = errors.New("the document is empty")
	// ErrTampered is a stored document that is not what was put.
	ErrTampered = errors.New("the stored document was changed")
)

// Limits bound what is taken.
type Limits struct {
	SizeBytes  int64
	MediaTypes []string // as net/http sniffs them, without parameters
}

// DefaultLimits take photographs and scans up to 10 MiB.
func DefaultLimits() Limits {
	return Limits{SizeBytes: 10 << 20, MediaTypes: []string{"image/jpeg", "image/png", "image/webp", "application/pdf"}}
}

// Document is one upload. Two uploads of equal content are two documents with one address.
type Document struct {
	ID         string    `json:"id" mask:"plain,public"`
	Subject    string    `json:"subject" mask:"plain,internal"`
	Kind       string    `json:"kind" mask:"plain,internal"` // what it shows, such as "identity_front"
	Name       string    `json:"name" mask:"plain,secret"`
	Address    string    `json:"address" mask:"plain,internal"`
	MediaType  string    `json:"media_type" mask:"plain,internal"`
	SizeBytes  int64     `json:"size_bytes" mask:"-"`
	UploadedBy string    `json:"uploaded_by" mask:"plain,internal"`
	UploadedAt time.Time `json:"uploaded_at" mask:"-"`
}

// Store is the folder and the rows that describe it.
type Store struct {
	db     *store.DB
	vault  *vault.Vault
	folder string
	limits Limits
	stored []func(ctx context.Context, tx *sql.Tx, d Document) error
}

// OnPut names what is told of every document that is stored, in the same transaction. Its refusal is the upload's.
// It is for who puts the parts together.
func (s *Store) OnPut(stored func(ctx context.Context, tx *sql.Tx, d Document) error) {
	s.stored = append(s.stored, stored)
}

// New opens the store in a folder, which it makes (mode 0700) where it is missing.
func New(db *store.DB, v *vault.Vault, folder string, limits Limits) (*Store, error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("open the documents folder: %w: name a folder that this user may write", err)
	}
	return &Store{db: db, vault: v, folder: folder, limits: limits}, nil
}

const selectDocument = `SELECT d.id, d.subject, d.kind, d.name, d.address, c.media_type, c.size_bytes, d.uploaded_by, d.uploaded_at
	FROM document d JOIN document_content c ON c.address = d.address `

// Find answers what is known of a document, without its content.
func (s *Store) Find(ctx context.Context, id string) (Document, error) {
	found, err := s.list(ctx, selectDocument+`WHERE d.id = $1`, id)
	if err != nil {
		return Document{}, fmt.Errorf("find document %s: %w", id, err)
	}
	if len(found) == 0 {
		return Document{}, fault.In(fault.NotFound, "document")
	}
	return found[0], nil
}

// List answers the documents about a subject, in the order of their ids.
func (s *Store) List(ctx context.Context, subject string) ([]Document, error) {
	found, err := s.list(ctx, selectDocument+`WHERE d.subject = $1 ORDER BY d.id`, subject)
	if err != nil {
		return nil, fmt.Errorf("list the documents of %s: %w", subject, err)
	}
	return found, nil
}

func (s *Store) list(ctx context.Context, query string, arg string) ([]Document, error) {
	rows, err := s.db.QueryContext(ctx, query, arg)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var found []Document
	for rows.Next() {
		var d Document
		var at string
		if err := rows.Scan(&d.ID, &d.Subject, &d.Kind, &d.Name, &d.Address, &d.MediaType, &d.SizeBytes, &d.UploadedBy, &at); err != nil {
			return nil, err
		}
		if d.Name, err = s.vault.OpenText("document", d.ID, "name", d.Name); err != nil {
			return nil, err
		}
		if d.UploadedAt, err = store.ParseTime(at); err != nil {
			return nil, err
		}
		found = append(found, d)
	}
	return found, rows.Err()
}

// content is a row of document_content.
type content struct {
	address, file, mediaType, sealedKey string
	sizeBytes                           int64
}

type rowQuerier interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

func findContent(ctx context.Context, q rowQuerier, address string) (content, bool, error) {
	c := content{address: address}
	err := q.QueryRowContext(ctx, `SELECT file, media_type, sealed_key, size_bytes FROM document_content WHERE address = $1`, address).
		Scan(&c.file, &c.mediaType, &c.sealedKey, &c.sizeBytes)
	if errors.Is(err, sql.ErrNoRows) {
		return content{}, false, nil
	}
	return c, err == nil, err
}

// key opens the content's own key, at its own address only.
func (s *Store) key(c content) ([]byte, vault.Algorithm, error) {
	text, err := s.vault.OpenText("document_content", c.address, "sealed_key", c.sealedKey)
	if err != nil {
		return nil, "", err
	}
	algorithm, encoded, found := cutKey(text)
	key, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil || !found {
		return nil, "", fmt.Errorf("read the key of a document: %w", ErrTampered)
	}
	return key, algorithm, nil
}
