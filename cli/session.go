package main

import (
	"context"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"golang.org/x/term"

	"github.com/tallystick/tallystick/gateway-app/ledger"
)

// session is what every command shares: where it reads, as whom, and where it prints.
type session struct {
	profileName  string
	identityName string
	format       string
	via          string
	patience     time.Duration
	out          io.Writer
	diagnostics  io.Writer
}

// profile finds the connection profile that the flags mean.
func (s *session) profile() (ledger.Profile, error) { return ledger.FindProfile(s.profileName) }

// fewestRights orders identities by what they may do, so that reading never asks for more than it
// needs.
var fewestRights = []string{"auditor", "operator", "machine", "supervisor", "admin"}

// connect reaches the profile's peer. The caller closes the client.
func (s *session) connect(ctx context.Context) (*ledger.Client, error) {
	profile, err := s.profile()
	if err != nil {
		return nil, err
	}
	return ledger.Connect(ctx, profile, s.identityOf(profile))
}

func (s *session) identityOf(profile ledger.Profile) string {
	if s.identityName != "" {
		return s.identityName
	}
	for _, name := range fewestRights {
		if _, ok := profile.Identities[name]; ok {
			return name
		}
	}
	return strings.Join(slices.Concat(profile.IdentityNames(), []string{""})[:1], "")
}

// within runs a command against the ledger, within the session's patience.
func (s *session) within(ctx context.Context, do func(ctx context.Context, c *ledger.Client) error) error {
	ctx, cancel := context.WithTimeout(ctx, s.patience)
	defer cancel()
	c, err := s.connect(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	return do(ctx, c)
}

// read answers what a command asks for, from where the session reads: the ledger, or the member's gateway app.
func read[T any](ctx context.Context, s *session, replayed func(context.Context, *ledger.Client) (T, error), told func(context.Context, gateway) (T, error)) (answer T, err error) {
	if s.via == viaGateway {
		ctx, cancel := context.WithTimeout(ctx, s.patience)
		defer cancel()
		g, err := s.gateway()
		if err != nil {
			return answer, err
		}
		return told(ctx, g)
	}
	err = s.within(ctx, func(ctx context.Context, c *ledger.Client) error {
		answer, err = replayed(ctx, c)
		return err
	})
	return answer, err
}

// isWatched reports whether a person looks at the diagnostics.
func (s *session) isWatched() bool { return isTerminal(s.diagnostics) }

func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}
