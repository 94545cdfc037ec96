"""
crepre-hub: a course's own Colab, on the machines it already has.

One word for one thing, in code, pages, command line, metrics and tests:

*lab*
    the whole installation
*course*
    what is taught; it has people, profiles and, later, data and lessons
*roster*
    who belongs to a course, with a role: student, assistant, teacher
*enrolment*
    one person's place in one course: a role, and who said so
*join link*
    a link that makes whoever opens it a student
*profile*
    a kind of server a course offers: image, CPUs, memory
*seat*
    one person's server of one profile
*placement*
    one server fully described, in no backend's words
*backend*
    a place that runs servers: Docker, or processes on this machine
*guard*
    the firewall between the seats and everything they must not reach
"""

__version__ = "0.1.0"
