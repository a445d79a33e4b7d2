import type { ResolvedSpec } from '../resolved.ts';
import { machinesOf } from './machines.ts';
import { type CimNamespace, defineClass, defineNamespace, instanceOf } from './model.ts';

const NS = 'root/MSCluster';
/** GroupType of a virtual machine and the states used here (failover cluster API: 0 up or online, 2 online for resources, 3 offline). */
const VIRTUAL_MACHINE = 111;
const ONLINE = 0;
const RESOURCE_ONLINE = 2;
const OFFLINE = 3;

/** root/MSCluster: a cluster whose first node is this host and owns its virtual machines. */
export function cluster(spec: ResolvedSpec): CimNamespace {
  const name = 'CLUSTER1';
  const machines = spec.roles.some((role) => role.startsWith('hyper-v')) ? machinesOf(spec) : [];
  const suffix = spec.dnsDomain === '' ? '' : `.${spec.dnsDomain}`;
  return defineNamespace(NS, [
    defineClass(NS, 'MSCluster_Cluster', ['Name'], () => [
      { Caption: name, Fqdn: `${name.toLowerCase()}${suffix}`, Name: name, Status: 'OK' },
    ]),
    defineClass(NS, 'MSCluster_Node', ['Name'], () =>
      spec.clusterNodes.map((node) => ({ Caption: node, Name: node, NodeWeight: 1, State: ONLINE })),
    ),
    defineClass(NS, 'MSCluster_ResourceGroup', ['Name'], () =>
      machines.map((m) => ({
        GroupType: VIRTUAL_MACHINE,
        Id: spec.guid(`group ${m.id}`).toLowerCase(),
        Name: m.name,
        OwnerNode: spec.name,
        State: m.enabledState === 2 ? ONLINE : 1,
      })),
    ),
    defineClass(NS, 'MSCluster_Resource', ['Name'], () =>
      machines.map((m) => ({
        Id: spec.guid(`resource ${m.id}`).toLowerCase(),
        Name: `Virtual Machine ${m.name}`,
        OwnerGroup: m.name,
        OwnerNode: spec.name,
        PrivateProperties: instanceOf(NS, 'MSCluster_Property_VirtualMachine', { VmID: m.id.toLowerCase() }),
        State: m.enabledState === 2 ? RESOURCE_ONLINE : OFFLINE,
        Type: 'Virtual Machine',
      })),
    ),
    defineClass(NS, 'MSCluster_ClusterSharedVolume', ['Name'], () => [
      { FaultState: 0, Name: 'C:\\ClusterStorage\\Volume1', VolumeName: `\\\\?\\Volume{${spec.guid('volume').toLowerCase()}}\\` },
    ]),
    defineClass(NS, 'MSCluster_Network', ['Name'], () => [
      { Address: '192.0.2.0', AddressMask: '255.255.255.0', Name: 'Cluster Network 1', Role: 3, State: 3 },
    ]),
    defineClass(NS, 'MSCluster_NetworkInterface', ['Name'], () =>
      spec.clusterNodes.map((node, i) => ({
        Address: `192.0.2.${10 + i}`,
        Adapter: 'Hyper-V Virtual Ethernet Adapter',
        Name: `${node} - Ethernet`,
        Network: 'Cluster Network 1',
        Node: node,
        State: 3,
      })),
    ),
  ]);
}
