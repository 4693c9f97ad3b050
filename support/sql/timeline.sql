-- Foreign keys of three columns, which Django cannot declare: they keep tickets and their timelines consistent.
-- Deferred, so that a transaction may write or erase a ticket and its events in any order.

-- Each event starts from the status that the event before it led to.
ALTER TABLE support_event DROP CONSTRAINT IF EXISTS event_follows_the_one_before;
ALTER TABLE support_event ADD CONSTRAINT event_follows_the_one_before
FOREIGN KEY (ticket_id, previous_position, from_status)
REFERENCES support_event (ticket_id, position, to_status) DEFERRABLE INITIALLY DEFERRED;

-- A ticket's status is the one that its last event, number `moves`, led to.
ALTER TABLE support_ticket DROP CONSTRAINT IF EXISTS ticket_status_is_where_its_timeline_led;
ALTER TABLE support_ticket ADD CONSTRAINT ticket_status_is_where_its_timeline_led
FOREIGN KEY (id, moves, status)
REFERENCES support_event (ticket_id, position, to_status) DEFERRABLE INITIALLY DEFERRED;
