package documents

import (
	"bufio"
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"mime"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/gateway-app/store"
	"github.com/tallystick/tallystick/gateway-app/vault"
)

// sniffBytes is how much of the content decides its media type (WHATWG MIME Sniffing).
const sniffBytes = 512

// Upload is what is said of a document when it is put.
type Upload struct {
	Subject, Kind, Name, By string
}

// Put stores a document as it is read, and answers what was stored. Nothing is kept of one that is
// refused. Content that is there already is not written twice.
func (s *Store) Put(ctx context.Context, u Upload, in io.Reader) (Document, error) {
	if !IsName(u.Name) {
		return Document{}, fault.In(fault.InvalidField, "name")
	}
	reader := bufio.NewReaderSize(in, sniffBytes)
	mediaType, err := s.sniff(reader)
	if err != nil {
		return Document{}, fmt.Errorf("take a document: %w", err)
	}
	c, err := s.writeFile(reader, mediaType)
	if err != nil {
		return Document{}, fmt.Errorf("take a document: %w", err)
	}
	d := Document{
		ID: random(), Subject: u.Subject, Kind: u.Kind, Name: u.Name, Address: c.address, MediaType: c.mediaType,
		SizeBytes: c.sizeBytes, UploadedBy: u.By, UploadedAt: time.Now().UTC().Truncate(time.Microsecond),
	}
	kept, err := s.record(ctx, d, c)
	if err != nil || !kept {
		err = errors.Join(err, os.Remove(filepath.Join(s.folder, c.file)))
	}
	if err != nil {
		return Document{}, fmt.Errorf("store a document: %w", err)
	}
	return d, nil
}

const longestName = 200 // characters

// IsName accepts what an uploader may call a document: a name and no path, without characters that are not seen or
// turn what stands beside them, so that it can be shown and saved under anywhere. None at all is a name too.
func IsName(name string) bool {
	unfit := func(r rune) bool {
		return strings.ContainsRune(`/\`, r) || unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp)
	}
	switch {
	case !utf8.ValidString(name) || utf8.RuneCountInString(name) > longestName:
		return false
	case name != "" && strings.Trim(name, ". ") == "":
		return false
	}
	return !strings.ContainsFunc(name, unfit)
}

// sniff looks at the content, never at what the uploader calls it.
func (s *Store) sniff(reader *bufio.Reader) (string, error) {
	head, err := reader.Peek(sniffBytes)
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("read it: %w", err)
	}
	if len(head) == 0 {
		return "", ErrEmpty
	}
	mediaType, _, err := mime.ParseMediaType(http.DetectContentType(head))
	if err != nil || !slices.Contains(s.limits.MediaTypes, mediaType) {
		return "", fmt.Errorf("%w: its content looks like %s; allowed are %s", ErrMediaType, mediaType, strings.Join(s.limits.MediaTypes, ", "))
	}
	return mediaType, nil
}

// writeFile encrypts the content into a file of its own, and answers its row. The file's name is random:
// two uploads of the same content at one time do not meet.
func (s *Store) writeFile(in io.Reader, mediaType string) (c content, err error) {
	algorithm := s.vault.Algorithm()
	key := make([]byte, algorithm.KeyBytes())
	if _, err := rand.Read(key); err != nil {
		return content{}, fmt.Errorf("draw a key: %w", err)
	}
	aead, err := algorithm.GCM(key)
	if err != nil {
		return content{}, err
	}
	c = content{file: random(), mediaType: mediaType}
	path := filepath.Join(s.folder, c.file)
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return content{}, err
	}
	defer func() {
		err = errors.Join(err, file.Close())
		if err != nil {
			err = errors.Join(err, os.Remove(path))
		}
	}()
	sum := s.addressHash()
	if c.sizeBytes, err = encrypt(&sealer{out: file, cipher: aead}, sum, in, s.limits.SizeBytes); err != nil {
		return content{}, err
	}
	if err := file.Sync(); err != nil {
		return content{}, err
	}
	c.address = hex.EncodeToString(sum.Sum(nil))
	c.sealedKey, err = s.vault.SealText("document_content", c.address, "sealed_key", joinKey(algorithm, key))
	return c, errors.Join(err, syncFolder(s.folder))
}

func (s *Store) addressHash() hash.Hash { return s.vault.Hash("document address") }

// encrypt copies at most limit bytes and reads one more to know whether there are any.
func encrypt(out *sealer, sum hash.Hash, in io.Reader, limit int64) (int64, error) {
	n, err := io.Copy(io.MultiWriter(out, sum), io.LimitReader(in, limit+1))
	switch {
	case err != nil:
		return 0, err
	case n > limit:
		return 0, fmt.Errorf("%w: at most %d bytes", ErrTooLarge, limit)
	}
	return n, out.Close()
}

// record stores the rows. It reports whether the file is now the content's: it is not when equal content
// was there before.
func (s *Store) record(ctx context.Context, d Document, c content) (kept bool, err error) {
	name, err := s.vault.SealText("document", d.ID, "name", d.Name)
	if err != nil {
		return false, err
	}
	err = s.db.Write(ctx, func(tx *sql.Tx) error {
		result, err := tx.ExecContext(ctx,
			`INSERT INTO document_content (address, file, size_bytes, media_type, sealed_key, stored_at)
			VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (address) DO NOTHING`,
			c.address, c.file, c.sizeBytes, c.mediaType, c.sealedKey, store.Time(d.UploadedAt))
		if err != nil {
			return err
		}
		added, err := result.RowsAffected()
		if err != nil {
			return err
		}
		kept = added == 1
		_, err = tx.ExecContext(ctx,
			`INSERT INTO document (id, address, subject, kind, name, uploaded_by, uploaded_at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			d.ID, d.Address, d.Subject, d.Kind, name, d.UploadedBy, store.Time(d.UploadedAt))
		if err != nil {
			return err
		}
		for _, tell := range s.stored {
			if err := tell(ctx, tx, d); err != nil {
				return err
			}
		}
		return nil
	})
	return kept, err
}

func joinKey(a vault.Algorithm, key []byte) string {
	return string(a) + ":" + base64.StdEncoding.EncodeToString(key)
}

func cutKey(text string) (vault.Algorithm, string, bool) {
	algorithm, key, found := strings.Cut(text, ":")
	return vault.Algorithm(algorithm), key, found
}

// random is a name of 128 bits.
func random() string {
	var b [16]byte
	// crypto/rand never answers an error; it ends the process when the system has no randomness.
	_, _ = rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

func syncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}
