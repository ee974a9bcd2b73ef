package id_test

import (
	"fmt"

	"github.com/seed-08ecc977/zerotrust/iam"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
)

// An attachment takes ARNs of policies. A literal will do, and so will the token of a policy that does not exist yet.
func Example() {
	attached := []id.PolicyARN{"arn:aws:iam::aws:policy/SecurityAudit", iam.Policy{Name: "limit"}.ARN()}
	for _, arn := range attached {
		fmt.Println(id.ARN(arn))
	}
	// Output:
	// arn:aws:iam::aws:policy/SecurityAudit
	// {{zt:iam.Policy/limit#ARN}}
}
