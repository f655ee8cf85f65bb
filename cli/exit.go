package main

import (
	"errors"
	"fmt"

	"github.com/tallystick/tallystick/core/books"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/gateway-app/ledger"
)

// usageError says that the command line itself is at fault.
type usageError struct{ error }

func (e *usageError) Unwrap() error { return e.error }

func misused(format string, args ...any) error { return &usageError{fmt.Errorf(format, args...)} }

// verificationError says that something was verified and is not as it should be.
type verificationError struct{ error }

func (e *verificationError) Unwrap() error { return e.error }

func unverified(format string, args ...any) error {
	return &verificationError{fmt.Errorf(format, args...)}
}

// exitCode is what a process that ended in an error tells its caller.
func exitCode(err error) int {
	var usage *usageError
	var verification *verificationError
	var tampered *ledger.Tampered
	var finding *books.Finding
	var refusal *fault.Fault
	switch {
	case err == nil:
		return fault.ExitOK
	case errors.As(err, &usage):
		return fault.ExitUsage
	case errors.As(err, &verification), errors.As(err, &tampered), errors.As(err, &finding):
		return fault.ExitVerified
	case errors.As(err, &refusal):
		return refusal.Code.ExitCode()
	}
	return fault.ExitError
}
