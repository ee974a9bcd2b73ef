package appsec

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

// apiPage is what API Gateway's listings give at most.
const apiPage = 500

// unlessGone is nil for API Gateway's answer that there is no such object.
func unlessGone(err error) error {
	if gone := new(types.NotFoundException); errors.As(err, &gone) {
		return nil
	}
	return err
}

func executeARN(sc *ztcore.Scope, api string) string {
	return strings.Join([]string{"arn", sc.Partition, "execute-api", sc.Region, sc.Account, api}, ":")
}

func seenAPI(sc *ztcore.Scope, r types.RestApi) apiState {
	s := apiState{
		Name: aws.ToString(r.Name), Description: aws.ToString(r.Description), ID: aws.ToString(r.Id), ExecuteARN: executeARN(sc, aws.ToString(r.Id)), Created: aws.ToTime(r.CreatedDate),
		SecurityPolicy: aws.String(string(r.SecurityPolicy)), AccessMode: aws.String(string(r.EndpointAccessMode)), DefaultAddress: !r.DisableExecuteApiEndpoint,
		Policy: seenPolicy(r.Policy, executeARN(sc, aws.ToString(r.Id))), Tags: r.Tags,
	}
	if c := r.EndpointConfiguration; c != nil {
		s.Endpoints = c.VpcEndpointIds
		if len(c.Types) > 0 {
			s.Endpoint = string(c.Types[0])
		}
	}
	return s
}

// itself is the short form in which a policy names the API that it is attached to.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-resource-policies-examples.html
const itself = "execute-api:/"

// seenPolicy undoes what API Gateway does to a policy: it escapes the quotes, and writes the short form out. A text that
// can't be parsed becomes a document that equals no wanted one and shows the text, so that it is drift and not an error.
func seenPolicy(text *string, arn string) policy.Document {
	if aws.ToString(text) == "" {
		return policy.Document{}
	}
	plain := *text
	if unescaped, err := strconv.Unquote(`"` + plain + `"`); err == nil {
		plain = unescaped
	}
	doc, err := policy.Parse(strings.ReplaceAll(plain, `"`+arn+`/`, `"`+itself))
	if err != nil {
		return policy.Document{ID: plain}
	}
	return doc
}

// patches are the operations that bring an API to what is wanted.
// https://docs.aws.amazon.com/apigateway/latest/api/patch-operations.html#UpdateRestApi-Patch
func (s apiState) patches(u ztcore.Update[apiState]) (ops []types.PatchOperation) {
	set := func(field, path, value string) {
		if u.Changed(field) {
			ops = append(ops, patch(types.OpReplace, path, value))
		}
	}
	set("Name", "/name", s.Name)
	set("Description", "/description", s.Description)
	set("Policy", "/policy", s.Policy.JSON())
	set("SecurityPolicy", "/securityPolicy", aws.ToString(s.SecurityPolicy))
	set("AccessMode", "/endpointAccessMode", aws.ToString(s.AccessMode))
	set("DefaultAddress", "/disableExecuteApiEndpoint", strconv.FormatBool(!s.DefaultAddress))
	for _, e := range s.Endpoints {
		if !slices.Contains(u.Have.Endpoints, e) {
			ops = append(ops, patch(types.OpAdd, "/endpointConfiguration/vpcEndpointIds", e))
		}
	}
	for _, e := range u.Have.Endpoints {
		if !slices.Contains(s.Endpoints, e) {
			ops = append(ops, patch(types.OpRemove, "/endpointConfiguration/vpcEndpointIds", e))
		}
	}
	return ops
}

func patch(op types.Op, path, value string) types.PatchOperation {
	return types.PatchOperation{Op: op, Path: &path, Value: &value}
}

func checkAPI(want apiState) []ztcore.Finding {
	var out []ztcore.Finding
	if strings.TrimSpace(want.Name) == "" || len(want.Name) > 1024 {
		out = append(out, ztcore.Finding{Attribute: "Name", Message: fmt.Sprintf("API Gateway does not take the name %q", want.Name), Fix: "give it a name of 1,024 characters at most"})
	}
	if p := aws.ToString(want.SecurityPolicy); want.SecurityPolicy != nil {
		if !slices.Contains(types.SecurityPolicy("").Values(), types.SecurityPolicy(p)) || !strings.HasPrefix(p, "SecurityPolicy_TLS13_1_") {
			out = append(out, ztcore.Finding{Attribute: "SecurityPolicy", Message: p + " is no security policy for a regional or private API", Fix: "leave it empty, or use one that begins with SecurityPolicy_TLS13_1_"})
		}
	}
	// The short form is no ARN, and is one by the time it is in force.
	doc, err := policy.Parse(strings.ReplaceAll(want.Policy.JSON(), `"`+itself, `"arn:aws:execute-api:us-east-1:123456789012:api/`))
	if err != nil || want.Policy.IsZero() {
		return out
	}
	for _, f := range doc.Lint(policy.OtherResource) {
		found := ztcore.Finding{Attribute: strings.TrimSpace("Policy " + f.Sid), Message: f.Message, Fix: f.Fix}
		switch {
		case f.Severity == policy.SeverityError:
			found.Message = f.Code + " " + f.Element + ": " + f.Message
		case f.Code == "PUBLIC_ACCESS" || f.Code == "ALLOW_WITH_NOT_PRINCIPAL":
			found.Guardrail, found.Controls = "appsec.api-open", []string{"NIST SP 800-207 tenet 3", "CISA ZTMM Applications and Workloads"}
		default:
			continue
		}
		out = append(out, found)
	}
	return out
}
