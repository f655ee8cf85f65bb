// Command plain is a contract of one asset at a time, as Fabric's users first meet it: one key, one
// JSON value of some two hundred bytes, read and written in the open. Benchmarks compare the
// lending contracts with it on the same network. It holds no rule and is no part of the product.
package main

import (
	"fmt"
	"os"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-contract-api-go/v2/contractapi"
)

func main() {
	if err := serve(); err != nil {
		fmt.Fprintln(os.Stderr, "plain:", err)
		os.Exit(1)
	}
}

func serve() error {
	contract, err := contractapi.NewChaincode(&AssetContract{})
	if err != nil {
		return fmt.Errorf("make contract: %w", err)
	}
	tls, err := tlsProperties()
	if err != nil {
		return err
	}
	server := shim.ChaincodeServer{
		CCID:     os.Getenv("CHAINCODE_ID"),
		Address:  os.Getenv("CHAINCODE_SERVER_ADDRESS"),
		CC:       contract,
		TLSProps: tls,
	}
	return server.Start()
}

// tlsProperties reads the certificates, so that only the member's own peer is served.
func tlsProperties() (shim.TLSProperties, error) {
	var properties shim.TLSProperties
	for variable, content := range map[string]*[]byte{
		"CHAINCODE_TLS_KEY":        &properties.Key,
		"CHAINCODE_TLS_CERT":       &properties.Cert,
		"CHAINCODE_CLIENT_CA_CERT": &properties.ClientCACerts,
	} {
		text, err := os.ReadFile(os.Getenv(variable))
		if err != nil {
			return shim.TLSProperties{}, fmt.Errorf("read the file that %s names: %w", variable, err)
		}
		*content = text
	}
	return properties, nil
}
