package documents_test

import (
	"bytes"
	"database/sql"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/gateway-app/documents"
	"github.com/tallystick/tallystick/gateway-app/store"
	"github.com/tallystick/tallystick/gateway-app/store/storetest"
	"github.com/tallystick/tallystick/gateway-app/vault"
)

type scene struct {
	*documents.Store
	t      *testing.T
	db     *store.DB
	vault  *vault.Vault
	folder string
}

const limit = 300 << 10

// each runs a test on both databases and with both algorithms.
func each(t *testing.T, run func(*scene)) {
	t.Helper()
	for _, algorithm := range []vault.Algorithm{vault.AESGCM, vault.SM4GCM} {
		storetest.Each(t, func(t *testing.T, db *store.DB) {
			path := filepath.Join(t.TempDir(), "master.pem")
			must(t, vault.Create(path))
			master, err := vault.Load(path)
			must(t, err)
			v, err := vault.New(t.Context(), db, master, algorithm)
			must(t, err)
			folder := filepath.Join(t.TempDir(), "documents")
			limits := documents.DefaultLimits()
			limits.SizeBytes = limit
			s, err := documents.New(db, v, folder, limits)
			must(t, err)
			run(&scene{Store: s, t: t, db: db, vault: v, folder: folder})
		})
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// scan is a PDF of a size, told apart by a mark.
func scan(size int, mark string) []byte {
	b := bytes.Repeat([]byte{'.'}, size)
	copy(b, "%PDF-1.7 "+mark)
	return b
}

func (s *scene) put(subject string, plain []byte) documents.Document {
	s.t.Helper()
	d, err := s.Put(s.t.Context(), documents.Upload{Subject: subject, Kind: "identity_front", Name: "张三.pdf", By: "u1"}, bytes.NewReader(plain))
	must(s.t, err)
	return d
}

func (s *scene) read(id string) ([]byte, error) {
	s.t.Helper()
	_, reader, err := s.Open(s.t.Context(), id)
	if err != nil {
		return nil, err
	}
	defer reader.Close()
	return io.ReadAll(reader)
}

func (s *scene) files() []string {
	s.t.Helper()
	found, err := filepath.Glob(filepath.Join(s.folder, "*"))
	must(s.t, err)
	return found
}

// What is put is read back, at every size around the segments' edges, and lies nowhere in the clear.
func TestWhatIsPutIsReadBack(t *testing.T) {
	each(t, func(s *scene) {
		for _, size := range []int{20, 64<<10 - 1, 64 << 10, 64<<10 + 1, 128 << 10, limit} {
			plain := scan(size, "PLANTED-VALUE")
			d := s.put("p1", plain)
			if d.MediaType != "application/pdf" || d.SizeBytes != int64(size) {
				s.t.Errorf("stored as %s of %d bytes", d.MediaType, d.SizeBytes)
			}
			got, err := s.read(d.ID)
			if err != nil || !bytes.Equal(got, plain) {
				s.t.Errorf("%d bytes come back as %d, %v", size, len(got), err)
			}
		}
		listed, err := s.List(s.t.Context(), "p1")
		if err != nil || len(listed) != 6 || listed[0].Name != "张三.pdf" {
			s.t.Errorf("listed %v, %v", listed, err)
		}
		for _, name := range s.files() {
			raw, err := os.ReadFile(name)
			must(s.t, err)
			info, err := os.Stat(name)
			must(s.t, err)
			if bytes.Contains(raw, []byte("PLANTED-VALUE")) || info.Mode().Perm() != 0o600 {
				s.t.Errorf("%s is in the clear or %v", filepath.Base(name), info.Mode())
			}
		}
	})
}

// Every change of a stored file is found before the end of the reading.
func TestTamperingIsFound(t *testing.T) {
	each(t, func(s *scene) {
		d, other := s.put("p1", scan(200<<10, "one")), s.put("p2", scan(200<<10, "two"))
		whole := map[string][]byte{}
		for _, name := range s.files() {
			raw, err := os.ReadFile(name)
			must(s.t, err)
			whole[name] = raw
		}
		const sealed = 64<<10 + 16
		changes := map[string]func(raw []byte) []byte{
			"a bit":            func(raw []byte) []byte { raw[sealed+5] ^= 1; return raw },
			"the last bit":     func(raw []byte) []byte { raw[len(raw)-1] ^= 1; return raw },
			"cut by a segment": func(raw []byte) []byte { return raw[:3*sealed] },
			"cut by a byte":    func(raw []byte) []byte { return raw[:len(raw)-1] },
			"cut to nothing":   func([]byte) []byte { return nil },
			"a byte more":      func(raw []byte) []byte { return append(raw, 0) },
			"segments swapped": func(raw []byte) []byte {
				return append(append(bytes.Clone(raw[sealed:2*sealed]), raw[:sealed]...), raw[2*sealed:]...)
			},
		}
		for what, change := range changes {
			for name, raw := range whole {
				must(s.t, os.WriteFile(name, change(bytes.Clone(raw)), 0o600))
			}
			if _, err := s.read(d.ID); !errors.Is(err, documents.ErrTampered) {
				s.t.Errorf("%s: %v", what, err)
			}
		}
		names := s.files()
		must(s.t, os.WriteFile(names[0], whole[names[1]], 0o600))
		must(s.t, os.WriteFile(names[1], whole[names[0]], 0o600))
		for _, id := range []string{d.ID, other.ID} {
			if _, err := s.read(id); !errors.Is(err, documents.ErrTampered) {
				s.t.Errorf("another document's file: %v", err)
			}
		}
		must(s.t, os.Remove(names[0]))
		must(s.t, os.Remove(names[1]))
		if _, err := s.read(d.ID); !errors.Is(err, documents.ErrTampered) {
			s.t.Errorf("a file that is gone: %v", err)
		}
	})
}

// A key that was moved to another content's row does not open.
func TestKeysStayWithTheirContent(t *testing.T) {
	each(t, func(s *scene) {
		d := s.put("p1", scan(99, "one"))
		s.put("p2", scan(99, "two"))
		must(s.t, s.db.Write(s.t.Context(), func(tx *sql.Tx) error {
			_, err := tx.Exec(`UPDATE document_content SET sealed_key = (SELECT o.sealed_key FROM document_content o WHERE o.address <> $1),
				file = (SELECT o.file FROM document_content o WHERE o.address <> $1) WHERE address = $1`, d.Address)
			return err
		}))
		if _, err := s.read(d.ID); !errors.Is(err, vault.ErrTampered) {
			s.t.Errorf("opened: %v", err)
		}
	})
}

func TestEqualDocumentsAreStoredOnce(t *testing.T) {
	each(t, func(s *scene) {
		one, two := s.put("p1", scan(99, "same")), s.put("p2", scan(99, "same"))
		if one.Address != two.Address || one.ID == two.ID || len(s.files()) != 1 {
			s.t.Errorf("addresses %s and %s, %d files", one.Address, two.Address, len(s.files()))
		}
		s.forget("p1", 1)
		if _, err := s.read(two.ID); err != nil {
			s.t.Errorf("the other's document went too: %v", err)
		}
		s.forget("p2", 1)
		if _, err := s.read(two.ID); !errors.Is(err, fault.New(fault.NotFound)) {
			s.t.Errorf("a forgotten document: %v", err)
		}
		if n, err := s.Sweep(s.t.Context(), 0); n != 1 || err != nil || len(s.files()) != 0 {
			s.t.Errorf("swept %d, %v; %d files are left", n, err, len(s.files()))
		}
	})
}

func (s *scene) forget(subject string, want int64) {
	s.t.Helper()
	must(s.t, s.db.Write(s.t.Context(), func(tx *sql.Tx) error {
		n, err := s.Forget(s.t.Context(), tx, subject)
		if n != want {
			s.t.Errorf("forgot %d documents of %s, not %d", n, subject, want)
		}
		return err
	}))
}

func TestSweepLeavesWhatIsNamed(t *testing.T) {
	each(t, func(s *scene) {
		d := s.put("p1", scan(99, "kept"))
		if n, err := s.Sweep(s.t.Context(), 0); n != 0 || err != nil {
			s.t.Errorf("swept %d, %v", n, err)
		}
		if _, err := s.read(d.ID); err != nil {
			s.t.Error(err)
		}
	})
}

type broken struct{ io.Reader }

func (b broken) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if errors.Is(err, io.EOF) {
		err = errors.New("connection lost")
	}
	return n, err
}

// What is refused leaves nothing behind.
func TestRefusedUploads(t *testing.T) {
	each(t, func(s *scene) {
		for what, c := range map[string]struct {
			in   io.Reader
			want error
		}{
			"a byte too many": {bytes.NewReader(scan(limit+1, "")), documents.ErrTooLarge},
			"nothing":         {strings.NewReader(""), documents.ErrEmpty},
			"a page":          {strings.NewReader("<html><script>alert(1)</script>"), documents.ErrMediaType},
			"a program":       {strings.NewReader("\x7fELF\x02\x01\x01"), documents.ErrMediaType},
		} {
			if _, err := s.Put(s.t.Context(), documents.Upload{Subject: "p1", Name: "photo.jpg"}, c.in); !errors.Is(err, c.want) {
				s.t.Errorf("%s: %v", what, err)
			}
		}
		if _, err := s.Put(s.t.Context(), documents.Upload{Subject: "p1"}, broken{bytes.NewReader(scan(99<<10, ""))}); err == nil {
			s.t.Error("an upload that broke off was taken")
		}
		if files := s.files(); len(files) != 0 {
			s.t.Errorf("%d files are left", len(files))
		}
	})
}

// A name is shown to others and saved under by them: what moves what stands beside it, or names a place, is none.
func TestNamesOfDocuments(t *testing.T) {
	each(t, func(s *scene) {
		for _, name := range []string{
			"../../etc/passwd", `..\..\boot.ini`, "a/b.pdf", "card\x00.pdf", "card\n.pdf", "card\u202efdp.exe", "card\u2028.pdf", "..", ". .", "\xff.pdf",
			strings.Repeat("长", 201),
		} {
			_, err := s.Put(t.Context(), documents.Upload{Subject: "p1", Kind: "other", Name: name, By: "u1"}, bytes.NewReader(scan(100, "n")))
			if f := fault.Of(err); f == nil || f.Code != fault.InvalidField || f.Field != "name" {
				t.Errorf("%q: %v", name, err)
			}
		}
		for _, name := range []string{"", "身份证 (正面).pdf", "..card.pdf", strings.Repeat("长", 200)} {
			if _, err := s.Put(t.Context(), documents.Upload{Subject: "p1", Kind: "other", Name: name, By: "u1"}, bytes.NewReader(scan(100, "n"))); err != nil {
				t.Errorf("%q: %v", name, err)
			}
		}
		if files, err := os.ReadDir(s.folder); err != nil || len(files) != 1 {
			t.Errorf("%d files of one content, %v", len(files), err)
		}
	})
}
