// Command test-network runs the whole consortium on this machine: for every member a certificate
// authority, a consenter, a peer and its chaincode, as processes that go on when the terminal is
// closed. It is for development and tests; package localnet says what it guarantees.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := newCommand().ExecuteContext(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "test-network:", err)
		os.Exit(1)
	}
}
