package access

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"

	"github.com/tallystick/tallystick/core/fault"
)

// Cost is what computing one password hash takes. It is stored with each hash, so it can be raised at any
// time: a hash with another cost is made anew when its user next signs in.
type Cost struct {
	MemoryKiB uint32
	Passes    uint32
	Threads   uint8
}

// UsualCost is RFC 9106's second recommended option.
var UsualCost = Cost{MemoryKiB: 64 << 10, Passes: 3, Threads: 4}

const (
	saltBytes     = 16
	hashBytes     = 32
	shortestRunes = 12
	longestRunes  = 512
	tellingRunes  = 3 // a name shorter than that stands in any long text by chance

	// A stored hash may not make the process spend more than this on checking it.
	mostMemoryKiB = 1 << 20
	mostPasses    = 16

	// hashedAtOnce bounds the memory that people who sign in at the same time can take.
	hashedAtOnce = 4
)

// hasher computes password hashes, a few at a time.
type hasher struct {
	cost  Cost
	slots chan struct{}
	dummy string // what an unknown name's password is checked against
}

func newHasher(cost Cost) (*hasher, error) {
	h := &hasher{cost: cost, slots: make(chan struct{}, hashedAtOnce)}
	dummy, err := h.hash(context.Background(), rand.Text())
	h.dummy = dummy
	return h, err
}

// hash makes the text that is stored: the PHC form, with parameters and salt.
func (h *hasher) hash(ctx context.Context, password string) (string, error) {
	salt := make([]byte, saltBytes)
	if _, err := rand.Read(salt); err != nil {
		return "", fmt.Errorf("hash a password: %w", err)
	}
	sum, err := h.derive(ctx, password, salt, h.cost)
	if err != nil {
		return "", err
	}
	encode := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version,
		h.cost.MemoryKiB, h.cost.Passes, h.cost.Threads, encode(salt), encode(sum)), nil
}

func (h *hasher) derive(ctx context.Context, password string, salt []byte, cost Cost) ([]byte, error) {
	select {
	case h.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, fmt.Errorf("hash a password: %w", ctx.Err())
	}
	defer func() { <-h.slots }()
	return argon2.IDKey([]byte(password), salt, cost.Passes, cost.MemoryKiB, cost.Threads, hashBytes), nil
}

// check compares a password with a stored hash; stale says that the hash should be made anew. An empty
// hash belongs to nobody's password and takes as long to refuse as any other.
func (h *hasher) check(ctx context.Context, stored, password string) (ok, stale bool, err error) {
	nobody := stored == ""
	if nobody {
		stored = h.dummy
	}
	cost, salt, want, err := readHash(stored)
	if err != nil {
		return false, false, err
	}
	got, err := h.derive(ctx, password, salt, cost)
	if err != nil {
		return false, false, err
	}
	ok = subtle.ConstantTimeCompare(got, want) == 1 && !nobody
	return ok, cost != h.cost, nil
}

func readHash(stored string) (cost Cost, salt, sum []byte, err error) {
	parts := strings.Split(stored, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return cost, nil, nil, fmt.Errorf("read a password hash: it is none of argon2id, version %d", argon2.Version)
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &cost.MemoryKiB, &cost.Passes, &cost.Threads); err != nil {
		return cost, nil, nil, fmt.Errorf("read a password hash: parameters: %w", err)
	}
	if cost.MemoryKiB > mostMemoryKiB || cost.Passes < 1 || cost.Passes > mostPasses || cost.Threads < 1 {
		return cost, nil, nil, fmt.Errorf("read a password hash: its parameters are out of bounds")
	}
	if salt, err = base64.RawStdEncoding.DecodeString(parts[4]); err != nil {
		return cost, nil, nil, fmt.Errorf("read a password hash: salt: %w", err)
	}
	if sum, err = base64.RawStdEncoding.DecodeString(parts[5]); err != nil || len(sum) != hashBytes {
		return cost, nil, nil, fmt.Errorf("read a password hash: it has not %d bytes", hashBytes)
	}
	return cost, salt, sum, nil
}

// PasswordRule is what a password must be, for who chooses one.
const PasswordRule = "12 to 512 characters, of any kinds, without the user's name, and more than common words, the names of " +
	"the member and of this service, repetitions and rows of keys, digits and signs put together"

// ErrPassword is a password that breaks the rule.
var ErrPassword = errors.New("the password breaks the rule")

// acceptable refuses a password that is too easy to guess or too long to hash. Length counts, not kinds of characters
// (NIST SP 800-63B, 5.1.1.2).
func acceptable(member, name, password string) error {
	length := utf8.RuneCountInString(password)
	telling := utf8.RuneCountInString(name) >= tellingRunes
	switch {
	case length < shortestRunes, length > longestRunes, !utf8.ValidString(password),
		telling && strings.Contains(fold(password), fold(name)), guessable(password, fold(member)):
		return fmt.Errorf("%w: %w", ErrPassword, fault.In(fault.InvalidField, "password"))
	}
	return nil
}
