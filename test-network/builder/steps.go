package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"text/template"

	"github.com/tallystick/tallystick/network"
)

// packageKind is the type that chaincode-as-a-service packages declare.
const packageKind = "ccaas"

const connectionFile = "connection.json"

// detect accepts a package by the type in its metadata.
func detect(metadataDir string) error {
	text, err := os.ReadFile(filepath.Join(metadataDir, "metadata.json"))
	if err != nil {
		return fmt.Errorf("detect: %w", err)
	}
	var metadata struct {
		Type string `json:"type"`
	}
	if err := json.Unmarshal(text, &metadata); err != nil {
		return fmt.Errorf("detect: read metadata: %w", err)
	}
	if metadata.Type != packageKind {
		return fmt.Errorf("detect: package of type %q is not %q", metadata.Type, packageKind)
	}
	return nil
}

// build completes the package's connection file with the member's own processes. What it writes
// is checked to be JSON: a slip in a package must fail its installation, not its first call.
func build(sourceDir, outputDir string) error {
	text, err := os.ReadFile(filepath.Join(sourceDir, connectionFile))
	if err != nil {
		return fmt.Errorf("build: %w", err)
	}
	connection, err := render(string(text), os.Getenv(network.BuilderEnvironment))
	if err != nil {
		return fmt.Errorf("build: %w", err)
	}
	if err := os.WriteFile(filepath.Join(outputDir, connectionFile), connection, 0o600); err != nil {
		return fmt.Errorf("build: %w", err)
	}
	return nil
}

func render(text, connections string) ([]byte, error) {
	var byChaincode map[string]network.ChaincodeConnection
	if err := json.Unmarshal([]byte(connections), &byChaincode); err != nil {
		return nil, fmt.Errorf("read %s: %w", network.BuilderEnvironment, err)
	}
	parsed, err := template.New(connectionFile).
		Option("missingkey=error").
		Funcs(template.FuncMap{"text": quoted, "file": quotedFile}).
		Parse(text)
	if err != nil {
		return nil, fmt.Errorf("parse %s: %w", connectionFile, err)
	}
	var rendered bytes.Buffer
	if err := parsed.Execute(&rendered, byChaincode); err != nil {
		return nil, fmt.Errorf("complete %s: %w", connectionFile, err)
	}
	if !json.Valid(rendered.Bytes()) {
		return nil, fmt.Errorf("complete %s: the result is not JSON", connectionFile)
	}
	return rendered.Bytes(), nil
}

// quoted writes a value as a JSON string.
func quoted(value string) (string, error) {
	text, err := json.Marshal(value)
	return string(text), err
}

// quotedFile writes a file's content as a JSON string.
func quotedFile(path string) (string, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	return quoted(string(content))
}

// release puts the connection file where peers look for a chaincode server.
func release(buildDir, releaseDir string) error {
	connection, err := os.ReadFile(filepath.Join(buildDir, connectionFile))
	if err != nil {
		return fmt.Errorf("release: %w", err)
	}
	folder := filepath.Join(releaseDir, "chaincode", "server")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return fmt.Errorf("release: %w", err)
	}
	if err := os.WriteFile(filepath.Join(folder, connectionFile), connection, 0o600); err != nil {
		return fmt.Errorf("release: %w", err)
	}
	return nil
}
