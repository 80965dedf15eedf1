// What an application author imports: the model of entities, and the node and client that run them.
@_exported public import Entities
@_exported public import Node
