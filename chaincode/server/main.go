// Command server runs the chaincode as a service: its member's own peer dials it over mutual TLS.
//
// Everything it needs comes in environment variables, which name files and never hold a secret. It
// logs to standard error, one JSON record a line, and never a value of a request.
package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	log := slog.New(slog.NewJSONHandler(os.Stderr, nil))
	slog.SetDefault(log)
	stop, cancel := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer cancel()
	if err := run(stop, log); err != nil {
		log.Error("chaincode ended", "error", err.Error())
		os.Exit(1)
	}
}

// run serves until it is told to stop, and then lets what is under way come to its end.
func run(stop context.Context, log *slog.Logger) error {
	settings, err := readSettings(os.Getenv)
	if err != nil {
		return fmt.Errorf("start the chaincode: %w", err)
	}
	service, err := newService(settings)
	if err != nil {
		return fmt.Errorf("start the chaincode: %w", err)
	}
	log.Info("chaincode ready", "address", service.listener.Addr().String(), "chaincode_id", settings.id)
	ended := make(chan error, 1)
	go func() { ended <- service.serve() }()
	select {
	case err := <-ended:
		return fmt.Errorf("serve the peer: %w", err)
	case <-stop.Done():
		drained := service.stop(drainTime)
		log.Info("chaincode stopped", "drained", drained)
		return nil
	}
}
