package api

import (
	"context"
	"encoding/json"
	"net/http"
	"time"
)

// Check is one thing that must work before the process is ready for requests.
type Check struct {
	Name string // "database", "peer", "lag"
	Run  func(ctx context.Context) error
}

// longestCheck bounds one readiness check.
const longestCheck = 3 * time.Second

// Readiness is what /readyz answers.
type Readiness struct {
	Ready  bool            `json:"ready"`
	Checks []CheckedResult `json:"checks"`
}

// CheckedResult is what one check found. Why it failed stands in the log: it may name addresses.
type CheckedResult struct {
	Name string `json:"name"`
	OK   bool   `json:"ok"`
}

// live answers as long as the process serves at all.
func (s *Server) live(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write([]byte("live\n")) // whoever asked has left
}

// ready runs every check and answers 503 when one fails.
func (s *Server) ready(w http.ResponseWriter, r *http.Request) {
	answer := Readiness{Ready: true, Checks: make([]CheckedResult, 0, len(s.parts.Checks))}
	for _, check := range s.parts.Checks {
		ctx, cancel := context.WithTimeout(r.Context(), longestCheck)
		err := check.Run(ctx)
		cancel()
		if err != nil {
			s.logger.WarnContext(r.Context(), "not ready", "check", check.Name, "error", err)
			answer.Ready = false
		}
		answer.Checks = append(answer.Checks, CheckedResult{Name: check.Name, OK: err == nil})
	}
	status := http.StatusOK
	if !answer.Ready {
		status = http.StatusServiceUnavailable
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(answer) // whoever asked has left
}
