// Package fakessm is Systems Manager of a fakeaws.Cloud.
//
// Modelled: patch baselines with the filter keys and values of each operating system, patch groups and default baselines;
// documents with their versions and sharing; associations of State Manager with their versions, held to the document that they
// apply; automation executions, whose parameters are held to the runbook; parameters with versions, labels and paths, AWS's
// public ones for the images of Amazon Linux, Ubuntu and Windows among them; service settings for sharing; tags.
//
// Not modelled: nodes, commands, sessions, inventory, maintenance windows and compliance. Nothing is run: an automation is in
// progress for as long as RunFor says and then succeeds, steps of the runbook are reported and have no effect. Documents in
// YAML are kept and looked at from the outside alone: what runs one fails by name. The contents of AWS's own documents are not
// AWS's; their names, types, platforms and parameters are. SecureStrings are kept as sums of their values in snapshots, and
// encryption is a check of the key.
package fakessm

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

// Service handles Systems Manager.
type Service struct {
	cloud   *fakeaws.Cloud
	regions *fakeaws.Store[region]
}

// RunFor is how long an automation execution is in progress.
const RunFor = 10 * time.Second

// region is what Systems Manager holds of one account and region.
type region struct {
	Baselines    map[string]*baseline    // by id
	Groups       map[string]string       // operating system/patch group → id of the baseline
	Defaults     map[string]string       // operating system → id of the baseline; AWS's where there is none
	Documents    map[string]*document    // by name
	Associations map[string]*association // by id
	Executions   map[string]*execution   // by id
	Parameters   map[string]*parameter   // by name
	Settings     map[string]string       // service settings that were changed, by id
	Tokens       map[string]request      // by client token
}

// request is what came with a client token.
type request struct{ Operation, Input, Result string }

type opt = func(*ssm.Options)

// Install adds Systems Manager to a cloud.
func Install(c *fakeaws.Cloud) {
	s := &Service{cloud: c}
	s.regions = fakeaws.NewStore(c, "ssm", fakeaws.Regional, func(string, string) *region {
		return &region{
			Baselines: map[string]*baseline{}, Groups: map[string]string{}, Defaults: map[string]string{}, Documents: map[string]*document{},
			Associations: map[string]*association{}, Executions: map[string]*execution{}, Parameters: map[string]*parameter{},
			Settings: map[string]string{}, Tokens: map[string]request{},
		}
	})
	s.installPatching(c)
	s.installDocuments(c)
	s.installAssociations(c)
	s.installAutomation(c)
	s.installParameters(c)
	fakeaws.On(c, s.AddTagsToResource, "ResourceType", "ResourceId", "Tags")
	fakeaws.On(c, s.RemoveTagsFromResource, "ResourceType", "ResourceId", "TagKeys")
	fakeaws.On(c, s.ListTagsForResource, "ResourceType", "ResourceId")
	fakeaws.On(c, s.GetServiceSetting, "SettingId")
	fakeaws.On(c, s.UpdateServiceSetting, "SettingId", "SettingValue")
	fakeaws.On(c, s.ResetServiceSetting, "SettingId")
}
