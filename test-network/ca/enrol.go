package ca

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"

	"go.yaml.in/yaml/v3"
)

// Enrolment asks an authority for a registered identity's certificate.
type Enrolment struct {
	Authority string // Identities or TLS
	Name      string
	Profile   string   // signing profile; empty for the default
	Hosts     []string // names that the certificate is good for
}

// Files are where an enrolment's result lies.
type Files struct {
	MSPDir   string // a complete local MSP
	CertPath string
	KeyPath  string
	RootPath string
}

// FilesIn says where an enrolment into a folder leaves its files.
func FilesIn(folder string) Files {
	msp := filepath.Join(folder, "msp")
	return Files{
		MSPDir:   msp,
		CertPath: filepath.Join(msp, "signcerts", "cert.pem"),
		KeyPath:  filepath.Join(msp, "keystore", "key.pem"),
		RootPath: filepath.Join(msp, "cacerts", "ca.pem"),
	}
}

// Enrol makes a key in the folder and has it certified. What is already enrolled is left alone.
func (s Server) Enrol(ctx context.Context, enrolment Enrolment, folder string) error {
	files := FilesIn(folder)
	if _, err := os.Stat(files.RootPath); err == nil {
		return nil
	}
	if err := s.enrol(ctx, enrolment, folder); err != nil {
		return fmt.Errorf("enrol %s with the %s of %s: %w", enrolment.Name, enrolment.Authority, s.Member.ID, err)
	}
	return nil
}

func (s Server) enrol(ctx context.Context, enrolment Enrolment, folder string) error {
	secret, err := s.secret(enrolment.Authority, enrolment.Name)
	if err != nil {
		return err
	}
	arguments := []string{
		"enroll",
		"--home", folder,
		"--caname", enrolment.Authority,
		"--tls.certfiles", s.RootPath(Identities),
		"--csr.names", "O=" + s.Member.Name,
	}
	if enrolment.Profile != "" {
		arguments = append(arguments, "--enrollment.profile", enrolment.Profile)
	}
	for _, host := range enrolment.Hosts {
		arguments = append(arguments, "--csr.hosts", host)
	}
	address := url.URL{Scheme: "https", Host: s.Listen.String(), User: url.UserPassword(enrolment.Name, secret)}
	command := exec.CommandContext(ctx, s.ClientPath, arguments...)
	// By the environment, because every user of the machine can read a process's arguments.
	command.Env = append(os.Environ(), "FABRIC_CA_CLIENT_URL="+address.String())
	if output, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, output)
	}
	return arrange(s.RootPath(enrolment.Authority), folder)
}

// arrange gives the client's files lasting names. The root comes last: it marks a whole enrolment.
func arrange(rootPath, folder string) error {
	files := FilesIn(folder)
	keys, err := filepath.Glob(filepath.Join(files.MSPDir, "keystore", "*_sk"))
	if err != nil {
		return err
	}
	if len(keys) != 1 {
		return fmt.Errorf("found %d new keys in %s: expected one", len(keys), files.MSPDir)
	}
	if err := os.Rename(keys[0], files.KeyPath); err != nil {
		return err
	}
	if err := os.RemoveAll(filepath.Dir(files.RootPath)); err != nil {
		return err
	}
	if err := WriteNodeRoles(files.MSPDir); err != nil {
		return err
	}
	return CopyRoot(rootPath, files.RootPath)
}

// secret looks up what Configure registered.
func (s Server) secret(authority, name string) (string, error) {
	folder := s.Home
	if authority == TLS {
		folder = filepath.Join(s.Home, TLS)
	}
	text, err := os.ReadFile(filepath.Join(folder, configFile))
	if err != nil {
		return "", err
	}
	var config struct {
		Registry struct {
			Identities []struct {
				Name string `yaml:"name"`
				Pass string `yaml:"pass"`
			} `yaml:"identities"`
		} `yaml:"registry"`
	}
	if err := yaml.Unmarshal(text, &config); err != nil {
		return "", err
	}
	for _, identity := range config.Registry.Identities {
		if identity.Name == name {
			return identity.Pass, nil
		}
	}
	return "", fmt.Errorf("%s is not registered", name)
}
