package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/tallystick/tallystick/gateway-app/client"
)

// exportDecisions writes what an auditor recomputes the platforms' decisions from: the decisions with their inputs
// and salts, and the models, each as the platform's officer of risk may read them. The folder is the run's own, as
// everything else of the test network is; its owner alone reads it.
func (s *stage) exportDecisions(all []*book, folder string) error {
	progress := s.chapter("Decisions exported", len(all))
	defer progress.finish()
	for _, b := range all {
		own := filepath.Join(folder, b.platform.Profile.Member)
		if err := os.MkdirAll(filepath.Join(own, "models"), 0o700); err != nil {
			return fmt.Errorf("make a folder for decisions: %w", err)
		}
		if err := s.exportOf(b, own); err != nil {
			return fmt.Errorf("export the decisions of %s: %w", b.platform.Profile.Member, err)
		}
		progress.step()
	}
	return nil
}

func (s *stage) exportOf(b *book, folder string) error {
	officer := b.platform.RiskOfficer
	var lines bytes.Buffer
	for decision, err := range client.List[json.RawMessage](s.ctx, officer, "/v1/decisions", nil) {
		if err != nil {
			return err
		}
		lines.Write(decision)
		lines.WriteByte('\n')
	}
	if err := os.WriteFile(filepath.Join(folder, "decisions.jsonl"), lines.Bytes(), 0o600); err != nil {
		return err
	}
	models, err := client.Get[struct {
		Items []struct {
			Hash string `json:"hash"`
		} `json:"items"`
	}](s.ctx, officer, "/v1/risk/models", nil)
	if err != nil {
		return err
	}
	for _, m := range models.Items {
		file, err := officer.File(s.ctx, "/v1/risk/models/"+m.Hash+"/file")
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(folder, "models", m.Hash+".json"), file, 0o600); err != nil {
			return err
		}
	}
	return nil
}
