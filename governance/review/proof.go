package review

import (
	"slices"
	"strings"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

// Choice is one best practice: a choice of a question of the pillar of security.
type Choice struct {
	Question string // as "protect-data-rest"
	ID       string // as "sec_protect_data_rest_encrypt"
}

// Proof is a choice with the resources that prove it.
type Proof struct {
	Choice
	By []ztcore.Address
}

// rule says which controls prove a choice: for every entry one resource at least that serves it. An entry that ends in a dot
// stands for all that begin with it.
type rule struct {
	choice   Choice
	controls []string
}

// rules tie best practices to the controls that the kinds of this module serve. Only what configuration alone can show is here;
// what asks for people (threat models, game days, classification) is for people to answer. The ids end the addresses of
// https://docs.aws.amazon.com/wellarchitected/latest/security-pillar/security.html
var rules = []rule{
	{Choice{"securely-operate", "sec_securely_operate_aws_account"}, []string{"CIS AWS 3.0 1.8", "CIS AWS 3.0 1.2"}},
	{Choice{"identities", "sec_identities_enforce_mechanisms"}, []string{"CIS AWS 3.0 1.8", "FSBP IAM.5"}},
	{Choice{"identities", "sec_identities_secrets"}, []string{"FSBP SecretsManager."}},
	{Choice{"permissions", "sec_permissions_analyze_cross_account"}, []string{"CIS AWS 3.0 1.20"}},
	{Choice{"detect-investigate-events", "sec_detect_investigate_events_app_service_logging"}, []string{"CIS AWS 3.0 3.1", "CIS AWS 3.0 3.7"}},
	{Choice{"detect-investigate-events", "sec_detect_investigate_events_security_alerts"}, []string{"FSBP GuardDuty.1", "CIS AWS 3.0 4.16"}},
	{Choice{"network-protection", "sec_network_protection_create_layers"}, []string{"CIS AWS 3.0 5.2"}},
	{Choice{"network-protection", "sec_network_protection_layered"}, []string{"CIS AWS 3.0 5.2", "CIS AWS 3.0 5.1"}},
	{Choice{"protect-data-rest", "sec_protect_data_rest_key_mgmt"}, []string{"FSBP KMS.4"}},
	{Choice{"protect-data-rest", "sec_protect_data_rest_encrypt"}, []string{"CIS AWS 3.0 2.2.1", "FSBP S3.17"}},
	{Choice{"protect-data-rest", "sec_protect_data_rest_access_control"}, []string{"CIS AWS 3.0 2.1.4"}},
	{Choice{"protect-data-transit", "sec_protect_data_transit_encrypt"}, []string{"CIS AWS 3.0 2.1.1"}},
}

// Prove tells which choices a plan proves: those whose controls are all served by resources that are in place as declared and
// without an exception. What is still to be made or changed proves nothing, so plan again after an apply.
func Prove(plan *ztcore.Plan) []Proof {
	var out []Proof
	for _, r := range rules {
		p := Proof{Choice: r.choice}
		for _, control := range r.controls {
			by := serving(plan, control)
			if len(by) == 0 {
				p.By = nil
				break
			}
			p.By = append(p.By, by...)
		}
		if len(p.By) > 0 {
			slices.Sort(p.By)
			p.By = slices.Compact(p.By)
			out = append(out, p)
		}
	}
	return out
}

func serving(plan *ztcore.Plan, control string) []ztcore.Address {
	var out []ztcore.Address
	for _, s := range plan.Steps {
		serves := slices.ContainsFunc(s.Controls, func(c string) bool {
			return c == control || strings.HasSuffix(control, ".") && strings.HasPrefix(c, control)
		})
		if serves && s.Action == ztcore.None && len(s.Exceptions) == 0 && len(s.Changes) == 0 {
			out = append(out, s.Address)
		}
	}
	return out
}

// Choices are the choices that Prove can prove, for a reviewer to see what is left to people.
func Choices() []Choice {
	var out []Choice
	for _, r := range rules {
		out = append(out, r.choice)
	}
	return out
}
