package serve

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/tallystick/tallystick/gateway-app/api"
	"github.com/tallystick/tallystick/gateway-app/ledger"
	"github.com/tallystick/tallystick/gateway-app/store"
)

// Run serves a member's gateway app until the context ends. An error at the start says what to mend; one
// later is of the listener, because every other part is started again when it fails.
func Run(ctx context.Context, settings Settings, logger *slog.Logger) error {
	if err := os.MkdirAll(settings.DataFolder, 0o700); err != nil {
		return fmt.Errorf("open the data folder: %w: name one that this process may write to", err)
	}
	release, err := settings.claim(shared)
	if err != nil {
		return err
	}
	defer release()
	profile, err := ledger.LoadProfile(settings.ProfilePath)
	if err != nil {
		return err
	}
	db, err := store.Open(ctx, settings.DatabaseURL)
	if err != nil {
		return err
	}
	defer db.Close()
	process, err := processName(profile.Member, settings)
	if err != nil {
		return err
	}
	if err := appear(ctx, db, process, patience); err != nil {
		return err
	}
	app, err := assemble(ctx, settings, profile, db, logger)
	if err != nil {
		return err
	}
	defer app.close()
	return app.run(ctx)
}

// app is the parts put together.
type app struct {
	settings   Settings
	logger     *slog.Logger
	identities *identities
	server     *api.Server
	tasks      []task
}

// task is something that the app does by itself.
type task struct {
	name string
	run  func(context.Context) error
}

func (a *app) close() { a.identities.close() }

// run serves, and does the tasks, until the context ends. Then requests get a while to finish.
func (a *app) run(ctx context.Context) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", a.settings.Listen)
	if err != nil {
		return fmt.Errorf("listen on %s: %w: end what listens there, or set another address", a.settings.Listen, err)
	}
	server, err := a.httpServer()
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	group, ctx := errgroup.WithContext(ctx)
	for _, t := range a.tasks {
		group.Go(func() error {
			a.keepRunning(ctx, t)
			return nil
		})
	}
	group.Go(func() error {
		if err := server.ServeTLS(listener, "", ""); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("serve: %w", err)
		}
		return nil
	})
	group.Go(func() error {
		<-ctx.Done()
		ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownPatience)
		defer cancel()
		return server.Shutdown(ending)
	})
	a.logger.InfoContext(ctx, "serving", "member", a.identities.profile.Member, "address", listener.Addr().String())
	return group.Wait()
}

const (
	shutdownPatience = 5 * time.Second
	headerPatience   = 10 * time.Second
	idlePatience     = 2 * time.Minute
	firstPause       = 250 * time.Millisecond
	longestPause     = 15 * time.Second
)

func (a *app) httpServer() (*http.Server, error) {
	certificate, err := tls.LoadX509KeyPair(a.settings.CertPath, a.settings.KeyPath)
	if err != nil {
		return nil, fmt.Errorf("load the certificate of the app: %w: enrol it with the member's TLS authority", err)
	}
	roots, err := a.settings.clientRoots()
	if err != nil {
		return nil, err
	}
	return &http.Server{
		Handler: a.server, ReadHeaderTimeout: headerPatience, IdleTimeout: idlePatience,
		ErrorLog: slog.NewLogLogger(a.logger.Handler(), slog.LevelDebug),
		TLSConfig: &tls.Config{
			Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12,
			ClientAuth: tls.VerifyClientCertIfGiven, ClientCAs: roots,
		},
	}, nil
}

// keepRunning runs a task until the context ends, again and again when it fails. Readiness and metrics
// say how the tasks stand.
func (a *app) keepRunning(ctx context.Context, t task) {
	pause := firstPause
	for {
		began := time.Now()
		err := t.run(ctx)
		if ctx.Err() != nil {
			return
		}
		a.logger.ErrorContext(ctx, "a task ended and is started again", "task", t.name, "error", err)
		if time.Since(began) > longestPause {
			pause = firstPause
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
		pause = min(2*pause, longestPause)
	}
}

// inData is a path in the app's data folder.
func (s Settings) inData(name string) string { return filepath.Join(s.DataFolder, name) }
