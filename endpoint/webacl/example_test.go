package webacl_test

import (
	"context"
	"fmt"

	"github.com/seed-08ecc977/zerotrust/endpoint/webacl"
	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
)

// A web ACL in front of a load balancer, with its requests logged.
func Example() {
	acl := webacl.WebACL{Name: "MyWebACL", Protects: []id.ARN{alb}, LogTo: group}
	plan, err := ztcore.NewBaseline("edge", acl).Plan(context.Background(), newCloud().Config())
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, s := range plan.Steps {
		fmt.Println(s.Action, s.Address)
	}
	fmt.Println(webacl.Capacity(webacl.DefaultRules()...), "WCU")
	// Unordered output:
	// create endpoint.WebACL/MyWebACL
	// create endpoint.WebACLLogging/MyWebACL
	// create endpoint.WebACLAssociation/loadbalancer/app/web/50dc6c495c0c9188
	// 1327 WCU
}

// Only an office may come in, and what comes from there is looked at all the same.
func ExampleAddresses() {
	office := webacl.IPSet{Name: "office", Addresses: []string{"192.0.2.0/24"}}
	acl := webacl.WebACL{
		Name:  "intranet",
		Rules: append([]webacl.Rule{webacl.Addresses{Name: "office-only", In: office.ARN(), Verdict: webacl.BlockOthers}}, webacl.DefaultRules()...),
	}
	fmt.Println(ztcore.NewBaseline("edge", office, acl).Check())
	// Output: <nil>
}
